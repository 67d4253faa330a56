#pragma once

namespace cumulet::events {

class Feed;
class Journal;
class Sums;

// Whom a service tells what happens in it: who watches now (Feed), what is kept for a week (Journal), what is counted
// by the minute (Sums). Null: nobody is told. What is pointed to outlives the service.
struct Observers {
  Feed* feed = nullptr;
  Journal* journal = nullptr;
  Sums* sums = nullptr;
};

}  // namespace cumulet::events
