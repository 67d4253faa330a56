// 32 coroutines each waiting for its own 1 KB row to be durable: rows/s acknowledged.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "storage/database.hpp"

using namespace cumulet;

namespace {
awaitable<void> write_rows(storage::Database& database, int count) {
  const std::string body(1024, 'b');
  for (int i = 0; i < count; ++i) {
    storage::Database::Job job = [body](storage::Transaction& tx) -> Result<void> {
      tx.run("INSERT INTO row_(body) VALUES(?1)", body);
      return {};
    };
    Result<void> done = co_await database.write(std::move(job));
    if (!done.ok()) std::abort();
  }
}
}  // namespace

int main(int argc, char** argv) {
  const int writers = argc > 1 ? std::atoi(argv[1]) : 32;
  const int each = argc > 2 ? std::atoi(argv[2]) : 5000;
  char name[] = "/tmp/cumulet-bench-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name);
  {
    auto database = std::move(storage::Database::open(folder / "state.db", storage::Durability::full)).value();
    if (!database->migrate("bench", {"CREATE TABLE row_(id INTEGER PRIMARY KEY, body BLOB)"}).ok()) return 1;
    boost::asio::io_context context;
    for (int i = 0; i < writers; ++i) {
      auto task = write_rows(*database, each);
      boost::asio::co_spawn(context, std::move(task), boost::asio::detached);
    }
    const auto start = std::chrono::steady_clock::now();
    context.run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%d writers: %.0f rows/s\n", writers, writers * each / seconds);
  }
  std::filesystem::remove_all(folder);
}
