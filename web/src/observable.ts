// A value that several parts of the page share and watch.

import { useEffect, useState } from "preact/hooks";

export class Observable<Value> {
  readonly #watchers = new Set<(value: Value) => void>();
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher(value);
  }

  watch(watcher: (value: Value) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

export function useValue<Value>(observable: Observable<Value>): Value {
  const [value, setValue] = useState(observable.value);
  useEffect(() => {
    // The value may have changed since the drawing.
    setValue(() => observable.value);
    return observable.watch((changed) => setValue(() => changed));
  }, [observable]);
  return value;
}
