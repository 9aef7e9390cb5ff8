// Included before everything that uses RapidJSON: what would abort the process throws instead.
#pragma once

#include <stdexcept>

#define RAPIDJSON_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::logic_error("JSON: unexpected type or missing member"))
// Newer RapidJSON checks with this one where a throw would end the process.
#define RAPIDJSON_NOEXCEPT_ASSERT(condition) static_cast<void>(0)
