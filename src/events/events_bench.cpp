#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/ids.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"

// What it costs a request that its doings are told.
namespace cumulet::events {
namespace {

// No timer ever fires.
class NoTimers final : public Timers {
 public:
  Id after(Milliseconds, std::function<void()>) override { return 1; }
  Id at(TimePoint, std::function<void()>) override { return 1; }
  void cancel(Id) override {}
};

void PublishWithoutReaders(benchmark::State& state) {
  SystemClock clock;
  NoTimers timers;
  Feed feed(clock, timers);
  const std::string name = "face-detection", request_id = "3f0c8a6e-0000-4000-8000-000000000000";
  for (auto _ : state)
    feed.publish([&] {
      Invocation record;
      record.function = name;
      record.request_id = request_id;
      return record;
    });
}
BENCHMARK(PublishWithoutReaders);

struct Ground {
  Ground() {
    folder = std::filesystem::temp_directory_path() / ("cumulet-events-bench-" + uuid4());
    std::filesystem::create_directories(folder);
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::full)).value();
    journal = std::make_unique<Journal>(*database, clock, timers);
    sums = std::make_unique<Sums>(*database, clock, timers);
    (void)journal->load();
    (void)sums->load();
  }
  ~Ground() {
    sums.reset();
    journal.reset();
    database.reset();
    std::filesystem::remove_all(folder);
  }
  SystemClock clock;
  NoTimers timers;
  std::filesystem::path folder;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Sums> sums;
  JournalEntry entry{Subject::message, "jobs/3f0c8a6e-0000-4000-8000-000000000000", "sent", Verdict::fine, {}, {}};
};

// In a job with a thousand of them: without the commit.
void WriteAJournalRow(benchmark::State& state) {
  Ground ground;
  for (auto _ : state) {
    const auto done = ground.database->write_blocking([&](storage::Transaction& tx) -> Result<void> {
      for (int i = 0; i < 1'000; ++i) ground.journal->write(tx, ground.entry);
      return {};
    });
    if (!done.ok()) state.SkipWithError(done.error().message().c_str());
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(WriteAJournalRow);

void AddToASum(benchmark::State& state) {
  Ground ground;
  const Series series{"us-east-1", "AWS/Lambda", "Invocations", "FunctionName", "face-detection"};
  for (auto _ : state) ground.sums->add(series, 1);
}
BENCHMARK(AddToASum);

}  // namespace
}  // namespace cumulet::events

BENCHMARK_MAIN();
