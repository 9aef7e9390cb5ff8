// Ends with 0 if a value set before `try` is kept when the call whose result would replace it throws. With
// optimisation, g++ 12.2 loses such a value of a class.
struct Value {
  long number;
};

[[gnu::noinline]] static Value before() {
  return {7};
}

[[gnu::noinline]] static Value replacement(int throws) {
  if (throws > 0) throw throws;
  return {8};
}

[[gnu::noinline]] static long kept(int throws) {
  Value value = before();
  try {
    value = replacement(throws);
  } catch (int) {
  }
  return value.number;
}

int main(int arguments, char**) {
  return kept(arguments) == 7 ? 0 : 1;
}
