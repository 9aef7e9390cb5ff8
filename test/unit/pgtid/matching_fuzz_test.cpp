#include <catch2/catch.hpp>

#include "fuzz/mutate.h"
#include "pgtid/matching.h"
#include "unit/pgtid/world.h"

namespace {

using model::Entries;
using model::Expected;
using model::Oddity;
using model::Question;
using model::Random;
using pgtid::Verdict;

constexpr int questions_of_a_world = 40;

struct Counts {
  std::uint64_t cases = 0, matches = 0, expected_matches = 0;
};

std::string shown(const std::vector<pgtid::BinlogCoordinates>& positions) {
  std::string text;
  for (const auto& coordinates : positions) text += ' ' + coordinates.display();
  return text;
}

// Like a server that accepts reads behind the end of a file.
class LenientLogs : public pgtid::EventReader {
 public:
  explicit LenientLogs(model::Log& log, bool is_lenient) : log_(log), is_lenient_(is_lenient) {}

  using EventReader::read;
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override {
    try {
      log_.recorded.read(file, position, taking, take);
    } catch (const pgtid::LogError&) {
      bool has_file = false, is_behind = true;
      for (const auto& one : log_.boundaries) {
        if (one.file != file) continue;
        has_file = true;
        is_behind = is_behind && one.position < position;
      }
      if (!is_lenient_ || !has_file || !is_behind) throw;
    }
  }
  std::optional<std::string> before(const std::string& file) override { return log_.recorded.before(file); }
  std::optional<std::string> after(const std::string& file) override { return log_.recorded.after(file); }

 private:
  model::Log& log_;
  const bool is_lenient_;
};

class Asking {
 public:
  Asking(Oddity oddity, std::string_view pattern, pgtid::MatchOptions options)
      : oddity_(oddity),
        pattern_(pattern),
        entries_(pattern == model::pattern_of_entries ? Entries::injected : Entries::all_statements),
        options_(std::move(options)) {}

  Counts run(std::uint64_t worlds) {
    // FUZZ_WORLD=17 starts with world 17, to reproduce a failure.
    for (world_ = fuzz::number_from_environment("FUZZ_WORLD", 0); world_ < worlds; ++world_) {
      Random random(fuzz::seed() * 1'000'003 + world_ * 8 + static_cast<std::uint64_t>(oddity_));
      auto world = model::make_world(oddity_, random);
      for (int i = 0; i < questions_of_a_world; ++i) {
        const auto question = model::ask(world, random);
        const auto own_starts = model::random_starts(*question.own, random);
        const auto other_starts = model::random_starts(*question.other, random);
        const auto verdict = verdict_on(question, own_starts, other_starts);
        starts_ = shown(own_starts) + " and" + shown(other_starts);
        judge(question, verdict);
        if (is_strict() && random.chance(1, 4)) compare(question, verdict, verdict_on(question, {}, {}));
      }
    }
    return counts_;
  }

 private:
  // Otherwise only the correctness of matches is checked.
  [[nodiscard]] bool is_strict() const { return oddity_ == Oddity::none && entries_ == Entries::injected; }

  Verdict verdict_on(const Question& question, const std::vector<pgtid::BinlogCoordinates>& own_starts,
                     const std::vector<pgtid::BinlogCoordinates>& other_starts) {
    ++counts_.cases;
    LenientLogs own_logs(*question.own, world_ % 2 == 0), other_logs(*question.other, world_ % 2 == 0);
    const pgtid::OwnLogs own{own_logs, question.end, own_starts};
    const pgtid::OtherLogs other{other_logs, question.other->recorded.newest(), other_starts};
    try {
      return pgtid::match(own, other, pattern_, options_);
    } catch (const pgtid::LogError& error) {
      fail(question, error.what());
      throw;
    }
  }

  void judge(const Question& question, const Verdict& verdict) {
    const auto* match = std::get_if<pgtid::Match>(&verdict);
    if (match != nullptr) ++counts_.matches;
    if (match != nullptr && !model::is_right(question, match->coordinates, entries_) &&
        model::is_last_entry_distinct(question, entries_))
      fail(question, "WRONG: " + pgtid::describe(verdict));
    if (!is_strict()) return;
    const auto answer = model::right_answer(question);
    if (answer.expected == Expected::match) ++counts_.expected_matches;
    const bool is_ahead = std::holds_alternative<pgtid::Ahead>(verdict);
    const bool is_diverged = std::holds_alternative<pgtid::Diverged>(verdict);
    const bool is_not_found = std::holds_alternative<pgtid::NotFound>(verdict);
    bool is_good = false;
    switch (answer.expected) {
      case Expected::match:
        is_good =
            match != nullptr && model::is_same_place(*question.other, match->coordinates, answer.coordinates);
        break;
      case Expected::match_or_diverged:
        is_good = match == nullptr
                      ? is_diverged
                      : model::is_same_place(*question.other, match->coordinates, answer.coordinates);
        break;
      case Expected::ahead: is_good = is_ahead; break;
      case Expected::ahead_or_diverged: is_good = is_ahead || is_diverged; break;
      case Expected::diverged: is_good = is_diverged; break;
      case Expected::not_found: is_good = is_not_found; break;
      case Expected::not_found_or_ahead: is_good = is_not_found || is_ahead; break;
    }
    if (!is_good) fail(question, "not the right answer: " + pgtid::describe(verdict));
  }

  void compare(const Question& question, const Verdict& one, const Verdict& two) {
    bool are_same = one.index() == two.index();
    if (are_same && std::holds_alternative<pgtid::Match>(one)) {
      const auto &a = std::get<pgtid::Match>(one), &b = std::get<pgtid::Match>(two);
      are_same = a.coordinates == b.coordinates && a.entry == b.entry &&
                 a.entry_in_other == b.entry_in_other && a.events == b.events;
    }
    if (!are_same) fail(question, pgtid::describe(one) + ", but without starts: " + pgtid::describe(two));
  }

  void fail(const Question& question, const std::string& what) {
    const auto answer = model::right_answer(question);
    FAIL(what << "\nseed " << fuzz::seed() << ", world " << world_ << ", oddity " << static_cast<int>(oddity_)
              << ", own end " << question.end.display() << ", expected " << static_cast<int>(answer.expected)
              << ' ' << answer.coordinates.display() << ", starts" << starts_ << "\nown:\n"
              << model::dump(*question.own) << "other:\n"
              << model::dump(*question.other));
  }

  const Oddity oddity_;
  const pgtid::Pattern pattern_;
  const Entries entries_;
  const pgtid::MatchOptions options_;
  std::uint64_t world_ = 0;
  std::string starts_;
  Counts counts_;
};

const pgtid::MatchOptions one_thread{false};

}  // namespace

TEST_CASE("Matching finds the right coordinates in logs of a random load, or the right reason why not",
          "[fuzz]") {
  const auto counts =
      Asking(Oddity::none, model::pattern_of_entries, one_thread).run(fuzz::rounds(5000 / fuzz::fewer));
  CHECK(counts.matches * 4 > counts.cases);
  CHECK(counts.expected_matches > 0);
}

TEST_CASE("Matching with two threads", "[fuzz]") {
  CHECK(Asking(Oddity::none, model::pattern_of_entries, {}).run(fuzz::rounds(10)).matches > 0);
}

TEST_CASE("Matching is never wrong with irregular servers or entries", "[fuzz]") {
  for (const auto oddity : {Oddity::repeated_entry, Oddity::lookalike, Oddity::skipped, Oddity::reordered,
                            Oddity::entry_of_replica}) {
    CHECK(Asking(oddity, model::pattern_of_entries, one_thread).run(fuzz::rounds(500 / fuzz::fewer)).matches >
          0);
  }
}

TEST_CASE("Matching is never wrong with a pattern that matches more than entries", "[fuzz]") {
  CHECK(Asking(Oddity::none, "use", one_thread).run(fuzz::rounds(150 / fuzz::fewer)).matches > 0);
  // Events that servers write on their own are no entries.
  for (const auto* pattern : {"BEGIN", "COMMIT", "GTID", "table_id", "Server ver", "pos=4"})
    CHECK(Asking(Oddity::none, pattern, one_thread).run(fuzz::rounds(20)).matches == 0);
}
