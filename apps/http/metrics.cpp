#include "http/metrics.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <string_view>

#include "common/locate.h"
#include "common/version.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

// Label values: backslash, quotation mark and newline are escaped.
std::string label(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP orchestrator_{} {}\n# TYPE orchestrator_{} {}\n", name, help, name, type);
  }
  template <typename Number>
  void sample(std::string_view name, std::string_view labels, Number value) {
    text_ += fmt::format("orchestrator_{}{} {}\n", name, labels, value);
  }
  template <typename Number>
  void single(std::string_view name, std::string_view type, std::string_view help, Number value) {
    family(name, type, help);
    sample(name, "", value);
  }
  // Metrics of the process, under the names that Prometheus clients of all languages use.
  template <typename Number>
  void process(std::string_view name, std::string_view type, Number value) {
    text_ += fmt::format("# TYPE process_{} {}\nprocess_{} {}\n", name, type, name, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void write_polls(Page& page, const topo::DiscoveryStatistics& statistics) {
  page.single("polls_total", "counter", "Reads of monitored servers that ended, well or not.",
              statistics.polls);
  page.single("poll_failures_total", "counter", "Reads of monitored servers that failed.",
              statistics.failed_polls);
  page.single("poll_requests_total", "counter", "Round trips of those reads.", statistics.requests);
  page.single("connects_total", "counter", "Connections made to monitored servers.", statistics.connects);
  page.family("poll_duration_seconds", "histogram", "How long reads of monitored servers took.");
  const auto& times = statistics.poll_times;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < topo::DurationHistogram::bounds.size(); ++i) {
    below += times.counts[i];
    const auto bound = topo::DurationHistogram::bounds[i];
    page.sample("poll_duration_seconds_bucket", fmt::format("{{le=\"{}\"}}", seconds(bound)), below);
  }
  page.sample("poll_duration_seconds_bucket", "{le=\"+Inf\"}", times.count());
  page.sample("poll_duration_seconds_sum", "", seconds(times.sum));
  page.sample("poll_duration_seconds_count", "", times.count());
  page.single("poll_lateness_seconds_total", "counter", "How long after their due times reads began.",
              seconds(statistics.lateness));
  page.single("poll_queue_length", "gauge", "Servers that are due and not being read yet.",
              statistics.queued);
  page.single("scheduled_instances", "gauge", "Servers that this node reads.", statistics.instances);
  page.single("discovery_threads", "gauge", "Threads that read servers.", statistics.threads);
  page.single("backend_writes_total", "counter", "Transactions in which what was read is written.",
              statistics.backend_writes);
}

void write_clusters(Page& page, Session& session) {
  auto& store = session.store();
  page.family("cluster_instances", "gauge", "Known instances of a cluster.");
  for (const auto& info : store.clusters().infos()) {
    page.sample(
        "cluster_instances",
        fmt::format("{{cluster=\"{}\",alias=\"{}\"}}", label(info.cluster_name), label(info.cluster_alias)),
        info.count_instances);
  }
  const auto limits = session.limits();
  std::map<std::pair<std::string, std::string_view>, unsigned> problems;
  for (const auto& known : find_problems(session)) {
    const auto status = topo::status_of(known, limits);
    ++problems[{known.instance.cluster_name, status == "OK" ? "other" : status}];
  }
  page.family("cluster_problems", "gauge",
              "Instances of a cluster that have a problem, by their first problem.");
  for (const auto& [key, count] : problems) {
    page.sample("cluster_problems",
                fmt::format("{{cluster=\"{}\",problem=\"{}\"}}", label(key.first), label(key.second)), count);
  }
  std::map<std::pair<std::string, std::string_view>, unsigned> failures;
  for (const auto& one : topo::recovery::analyse_all(session.context()))
    ++failures[{one.cluster_name, topo::to_string(one.failure)}];
  page.family("cluster_failures", "gauge", "Failed masters of a cluster, by the failure analysis.");
  for (const auto& [key, count] : failures) {
    page.sample("cluster_failures",
                fmt::format("{{cluster=\"{}\",analysis=\"{}\"}}", label(key.first), label(key.second)),
                count);
  }
  const auto recoveries = session.recovery().counts();
  page.family("recoveries_total", "counter", "Recoveries by this process, by how they ended.");
  page.sample("recoveries_total", "{result=\"successful\"}", recoveries.successful);
  page.sample("recoveries_total", "{result=\"failed\"}", recoveries.failed);
  page.single("maintenance_locks", "gauge", "Instances in maintenance.", store.maintenance().active().size());
  page.single("backend_statements_total", "counter", "Statements sent to the backend.", store.statements());
}

void write_requests(Page& page, const RequestCounts& requests, std::size_t listeners) {
  page.family("http_requests_total", "counter", "Requests answered, by the hundred of their status.");
  for (std::size_t hundreds = 2; hundreds <= 5; ++hundreds)
    page.sample("http_requests_total", fmt::format("{{code=\"{}xx\"}}", hundreds), requests.of(hundreds));
  page.single("event_listeners", "gauge", "Pages that listen to events.", listeners);
}

void write_process(Page& page) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  page.process("cpu_seconds_total", "counter", in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime));
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  if (statm >> size >> resident)
    page.process("resident_memory_bytes", "gauge", resident * sysconf(_SC_PAGESIZE));
}

}  // namespace

void RequestCounts::add(int status) noexcept {
  const auto hundreds = static_cast<std::size_t>(status / 100);
  if (hundreds < counts_.size()) counts_[hundreds].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t RequestCounts::of(std::size_t hundreds) const noexcept {
  return counts_[hundreds].load(std::memory_order_relaxed);
}

std::string render_metrics(Session& session, const RequestCounts& requests, std::size_t listeners) {
  Page page;
  page.family("build_info", "gauge", "The version that runs.");
  page.sample("build_info", fmt::format("{{version=\"{}\"}}", label(version())), 1);
  write_requests(page, requests, listeners);
  write_process(page);
  bool backend_answers = true;
  try {
    const auto& discovery = session.discovery();
    write_polls(page, discovery.statistics());
    page.single("is_active_node", "gauge", "1: this node is the one that polls.",
                discovery.is_active_node() ? 1 : 0);
    write_clusters(page, session);
    // The clusters may come from a cache; nodes are always read from the backend.
    static_cast<void>(session.store().nodes().seen_within(std::chrono::seconds(1), std::chrono::seconds(1)));
  } catch (const topo::Error& error) {
    backend_answers = false;
    session.log().debug(fmt::format("Some metrics are unavailable: {}", error.what()));
  }
  page.single("backend_up", "gauge", "1: the backend answers.", backend_answers ? 1 : 0);
  return page.take();
}

}  // namespace orchestrator
