// Included before every use of RapidJSON: assertions that would abort the process throw instead.
#pragma once

#include <stdexcept>

#define RAPIDJSON_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::logic_error("JSON: unexpected type or missing member"))
// Newer RapidJSON versions use this macro where a throw would end the process.
#define RAPIDJSON_NOEXCEPT_ASSERT(condition) static_cast<void>(0)
