#include "common/logging.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <ctime>

#include "common/flags.h"
#include "topo/base/one_line.h"

namespace orchestrator {
namespace {

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical: return "FATAL";
    case spdlog::level::err: return "ERROR";
    case spdlog::level::warn: return "WARNING";
    case spdlog::level::info: return "INFO";
    default: return "DEBUG";
  }
}

class LineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::time_t time = std::chrono::system_clock::to_time_t(message.time);
    std::tm local{};
    localtime_r(&time, &local);
    std::array<char, 32> stamp{};
    const auto length = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%d %H:%M:%S ", &local);
    line.append(stamp.data(), stamp.data() + length);
    const auto level = level_name(message.level);
    line.append(level.data(), level.data() + level.size());
    line.push_back(' ');
    const auto text = topo::one_line({message.payload.data(), message.payload.size()});
    line.append(text.data(), text.data() + text.size());
    line.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<formatter> clone() const override {
    return std::make_unique<LineFormatter>();
  }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const Flags& flags) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto log = std::make_shared<spdlog::logger>("orchestrator", std::move(sink));
  log->set_formatter(std::make_unique<LineFormatter>());
  log->set_level(flags.debug     ? spdlog::level::debug
                 : flags.verbose ? spdlog::level::info
                                 : spdlog::level::warn);
  log->flush_on(spdlog::level::trace);
  return log;
}

void set_debug(spdlog::logger& log) {
  log.set_level(spdlog::level::debug);
}

}  // namespace orchestrator
