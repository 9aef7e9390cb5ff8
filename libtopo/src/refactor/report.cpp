// What came of an operation, in words: for the audit, and for people.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "topo/refactor/refactoring.h"

namespace topo::refactor {
namespace {

// Whoever was refused when it was decided has a strand, too; and the one below which the others go has one.
std::string count_of(const Report& report) {
  std::set<InstanceKey> all;
  for (const auto& strand : report.plan.strands) all.insert(strand.replica);
  for (const auto& [key, refusal] : report.plan.refused) all.insert(key);
  all.erase(report.plan.candidate);
  return fmt::format("{}/{}", report.outcome.moved.size(), all.size());
}

InstanceKey master_of(const Report& report, const InstanceKey& replica) {
  for (const auto& [key, master] : report.plan.result) {
    if (key == replica) return master;
  }
  return {};
}

std::string matched_one(const Report& report, const std::string& subject) {
  return fmt::format("matched {} below {}", subject, master_of(report, report.plan.subject).display());
}

std::string matched_several(const Report& report, const std::string& subject) {
  const auto& moves = report.plan.result;
  return fmt::format("matched {} slaves of {} below {}", count_of(report), subject,
                     moves.empty() ? "nobody" : moves.front().second.display());
}

using Describe = std::string (*)(const Report&, const std::string& subject);

// The wording that readers of the audit know.
const std::map<std::string, Describe, std::less<>>& descriptions() {
  static const std::map<std::string, Describe, std::less<>> all{
      {"move-up",
       [](const Report& report, const std::string& subject) {
         return fmt::format("moved up {}. Previous master: {}", subject, report.former_master.display());
       }},
      {"move-up-slaves",
       [](const Report& report, const std::string& subject) {
         return fmt::format("moved up {} slaves of {}. New master: {}", count_of(report), subject,
                            report.subject.master_key().display());
       }},
      {"move-below",
       [](const Report& report, const std::string& subject) {
         return fmt::format("moved {} below {}", subject, master_of(report, report.plan.subject).display());
       }},
      {"enslave-siblings",
       [](const Report& report, const std::string& subject) {
         return fmt::format("moved {} siblings below {}", count_of(report), subject);
       }},
      {"enslave-master",
       [](const Report& report, const std::string& subject) {
         return fmt::format("{} took the place of its master {}", subject, report.former_master.display());
       }},
      {"repoint",
       [](const Report& report, const std::string& subject) {
         return fmt::format("slave {} repointed to master: {}", subject,
                            master_of(report, report.plan.subject).display());
       }},
      {"repoint-slaves",
       [](const Report& report, const std::string& subject) {
         return fmt::format("repointed {} slaves of {}", count_of(report), subject);
       }},
      {"make-co-master",
       [](const Report& report, const std::string& subject) {
         return fmt::format("{} is co-master of {}", subject, report.former_master.display());
       }},
      {"match-below", matched_one},
      {"match-up", matched_one},
      {"rematch", matched_one},
      {"multi-match-slaves", matched_several},
      {"match-up-slaves", matched_several},
      {"regroup-slaves",
       [](const Report& report, const std::string& subject) {
         return fmt::format("regrouped {} slaves of {} below {}", count_of(report), subject,
                            report.plan.candidate.display());
       }},
      {"make-master",
       [](const Report& report, const std::string& subject) {
         return fmt::format("made master of {}, in place of {}", subject, report.former_master.display());
       }},
      {"make-local-master",
       [](const Report& report, const std::string& subject) {
         return fmt::format("made master of {}, in place of {}", subject, report.former_master.display());
       }},
      {"reset-slave",
       [](const Report& report, const std::string& subject) {
         return fmt::format("{} replication reset. Previous master: {}", subject,
                            report.former_master.display());
       }},
      {"kill-query",
       [](const Report& report, const std::string&) {
         const auto& step = std::get<KillQuery>(report.plan.strands.front().move.front());
         return fmt::format("Killed query {}", step.process);
       }},
      {"read-only", [](const Report& report,
                       const std::string&) { return fmt::format("set as {}", report.subject.read_only); }},
  };
  return all;
}

}  // namespace

std::string describe(const Report& report) {
  const auto subject = report.plan.subject.display();
  const auto found = descriptions().find(report.plan.operation);
  std::string text = found != descriptions().end() ? found->second(report, subject) : subject;
  for (const auto& failure : report.outcome.failed)
    text += fmt::format("; {} did not move: {}", failure.replica.display(), failure.reason);
  for (const auto& [key, refusal] : report.plan.refused)
    text += fmt::format("; {} stays: {}", key.display(), refusal.reason);
  for (const auto& one : report.outcome.left) text += "; " + one.sentence;
  return text;
}

}  // namespace topo::refactor
