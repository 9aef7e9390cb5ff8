#include "refactor/injections.h"

#include <re2/re2.h>

#include <memory>

namespace topo::refactor {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

struct TableName {
  std::string schema, table;
};

bool read_table(std::string_view query, TableName& name) {
  static const RE2 from(R"((?i)\bfrom\s+`?(\w+)`?\s*\.\s*`?(\w+)`?)");
  return RE2::PartialMatch(piece(query), from, &name.schema, &name.table);
}

}  // namespace

std::function<bool(std::string_view)> changes_of_injection(std::string_view detect_query) {
  TableName name;
  if (!read_table(detect_query, name)) return [](std::string_view) { return false; };
  // Words only, so that nothing in them needs a quote.
  const auto rows = R"(\w+ \()" + name.schema + R"(\.)" + name.table + R"(\))";
  const auto table = "`?" + name.schema + R"(`?\s*\.\s*`?)" + name.table + "`?";
  const auto statement = R"((?is)(?:use [^;]*; )?\s*(?:(?:insert|replace)\s+(?:ignore\s+)?(?:into\s+)?)" +
                         table + R"([\s(].*|update\s+)" + table + R"(\s+set\s.*))";
  const auto matcher = std::make_shared<const RE2>(rows + "|" + statement);
  return [matcher](std::string_view text) { return RE2::FullMatch(piece(text), *matcher); };
}

}  // namespace topo::refactor
