// Executions of a machine of 100 Pass states, started from several threads, each acknowledged once it is durable:
// state transitions/s. Arguments: threads (8), executions each (400).
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/manual_time.hpp"
#include "services/states/engine.hpp"

using namespace cumulet;

namespace {

class NoFunctions final : public states::FunctionInvoker {
 public:
  void invoke(states::Invocation, Done) override { std::abort(); }
};

std::string chain(int length) {
  std::string out = R"({"StartAt":"S0","States":{)";
  for (int i = 0; i < length; ++i) {
    out += (i ? ",\"S" : "\"S") + std::to_string(i) + R"(":{"Type":"Pass",)";
    out += i + 1 == length ? R"("End":true})" : "\"Next\":\"S" + std::to_string(i + 1) + "\"}";
  }
  return out + "}}";
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 8;
  const int each = argc > 2 ? std::atoi(argv[2]) : 400;
  constexpr int kLength = 100;
  char name[] = "/tmp/cumulet-bench-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name);
  int wrong = 0;
  {
    auto database = std::move(storage::Database::open(folder / "state.db", storage::Durability::full)).value();
    if (!states::store::migrate(*database).ok()) return 1;
    SystemClock clock;
    ManualTime timers;
    NoFunctions functions;
    boost::asio::thread_pool workers(2);
    const states::Dependencies with{*database, clock, timers, system_random(), workers.get_executor(), functions};
    states::Engine engine(with);
    states::Machine machine;
    machine.arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    machine.name = "m";
    machine.region = "us-east-1";
    machine.revision.machine_arn = machine.arn;
    machine.revision.machine_name = "m";
    machine.revision.definition = chain(kLength);
    machine.revision.role_arn = "arn:aws:iam::000000000000:role/r";
    if (!database
             ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
               states::store::insert_machine(tx, machine);
               return {};
             })
             .ok())
      return 1;
    states::Revision revision = machine.revision;
    revision.id = 1;
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> callers;
    for (int t = 0; t < threads; ++t)
      callers.emplace_back([&, t] {
        for (int i = 0; i < each; ++i)
          if (!engine
                   .start(revision, "us-east-1", "e" + std::to_string(t) + "-" + std::to_string(i),
                          R"({"some":"input"})")
                   .ok())
            std::abort();
      });
    for (auto& caller : callers) caller.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    // Every execution must have ended well, with its whole history.
    (void)database->read([&](storage::Connection& c) -> Result<void> {
      for (std::int64_t id = 1; id <= static_cast<std::int64_t>(threads) * each; ++id)
        wrong += states::store::last_event(c, id) != 2 * kLength + 2;
      auto rows = c.prepare("SELECT count(*) FROM states_execution WHERE status = 'SUCCEEDED'");
      rows.step();
      wrong += rows.integer(0) != static_cast<std::int64_t>(threads) * each;
      return {};
    });
    std::printf("%d threads: %.0f durable transitions/s (%.0f executions/s)\n", threads,
                threads * each * kLength / seconds, threads * each / seconds);
    workers.join();
  }
  std::filesystem::remove_all(folder);
  return wrong ? 1 : 0;
}
