#include "vision/track/tracker.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cumulet::vision {
namespace {

constexpr double kFair = 50;         // a confidence that needs no second opinion
constexpr double kSure = 60;         // nor further turns of the picture
constexpr double kSameFace = 0.5;    // nearness of two sightings of one frame
constexpr double kContinues = 0.25;  // nearness of a sighting and the place where its track expects it
constexpr double kCloseSearch = 2.2, kUsualSearch = 3, kWideSearch = 6;  // face widths
constexpr double kOtherPicture = 10;                                     // grey levels: the content came or went
constexpr double kWeakSize = 0.1;  // of a weak sighting's size in what is believed
constexpr int kWeakRow = 8;        // weak sightings in a row after which a second opinion is asked
constexpr double kTurnStep = 60;   // degrees
constexpr double kHopeful = 20, kFoundTurned = 70, kTurnedOpinion = 60;  // confidences before and after
constexpr double kBetter = 4;                                            // of confidence
constexpr std::int64_t kRemembered = 50;                                 // frames that a rejected place is remembered
constexpr double kLeans = 30, kLies = 60;                                // degrees
constexpr double kOpinionFell = 5;
// Of a track that was sure once: below the first its second opinions are asked, so far apart; so many decide.
constexpr double kStillStrong = 75, kDoubtful = 35;
constexpr std::int64_t kBetweenDoubts = 8;
constexpr std::size_t kDoubts = 3;
constexpr std::size_t kOpinions = 4;                               // second opinions that decide
constexpr std::int64_t kBetweenOpinions = 2, kLaterOpinions = 25;  // frames
constexpr int kOnceMore = 5;  // frames after a face was lost that it is looked for in all turns again
constexpr int kUnbelievedMisses = 2;
constexpr int kBackwardMisses = 3;
constexpr double kGrown = 1.5, kGrownUnsure = 1.25;  // of a face's size from one sighting to the next
constexpr std::size_t kScenes = 16;                  // that are remembered: a flash may flicker
constexpr double kReach = 0.6;                       // of a face's size: so far around its centre it lies
constexpr int kSmoothed = 4;                         // frames on each side

double mean(const std::deque<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

const Sighting* sighting_at(const FaceTrack& track, std::int64_t frame) {
  const auto at = std::lower_bound(track.sightings.begin(), track.sightings.end(), frame,
                                   [](const Sighting& s, std::int64_t f) { return s.frame < f; });
  return at != track.sightings.end() && at->frame == frame ? &*at : nullptr;
}

// Where the face is expected in `frame`, before the first or after the last sighting: moved on by its recent speed, for
// a while only, since nobody moves straight for long.
Oval expected(const FaceTrack& track, std::int64_t frame) {
  constexpr std::int64_t kSpan = 3, kTrust = 6;
  const auto& all = track.sightings;
  const bool forwards = frame > all.back().frame;
  const Sighting& edge = forwards ? all.back() : all.front();
  const Sighting* inner = nullptr;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const Sighting& other = forwards ? all[all.size() - 1 - i] : all[i];
    if (std::abs(edge.frame - other.frame) > 2 * kSpan) break;
    inner = &other;
    if (std::abs(edge.frame - other.frame) >= kSpan) break;
  }
  if (inner == nullptr) return edge.seen.oval;
  const auto steps = static_cast<double>(std::min(std::abs(frame - edge.frame), kTrust));
  const auto span = static_cast<double>(std::abs(edge.frame - inner->frame));
  Oval oval = between(inner->seen.oval, edge.seen.oval, 1 + steps / span);
  // Sizes change slowly; what looks quick is the detector's trembling.
  oval.width = edge.seen.oval.width;
  oval.height = edge.seen.oval.height;
  return oval;
}

// How well a sighting continues a track: 0 not at all, 1 perfectly. A face that leaps farther begins a new track, which
// costs nothing: each frame's cover is its own.
double likeness(const FaceTrack& track, const Oval& guess, const Seen& seen) {
  const double near = std::max(nearness(guess, seen.oval), nearness(track.sightings.back().seen.oval, seen.oval));
  return near >= kContinues ? near : 0;
}

double apart(const Oval& a, const Oval& b) { return std::hypot(a.centre.x - b.centre.x, a.centre.y - b.centre.y); }

// A sighting of which the frames on both sides know nothing, and that is not sure, is one of something else: where the
// face is by those. Nothing where the sighting is right.
std::optional<Oval> leapt_from(const std::vector<Sighting>& all, std::size_t at) {
  constexpr double kOff = 0.35, kTogether = 0.3;  // of the face's size
  if (at == 0 || at + 1 >= all.size() || all[at].seen.face.confidence >= kStillStrong) return std::nullopt;
  const Sighting &before = all[at - 1], &after = all[at + 1];
  if (after.frame - before.frame != 2) return std::nullopt;
  const Oval straight = between(before.seen.oval, after.seen.oval, 0.5);
  if (apart(before.seen.oval, after.seen.oval) > kTogether * straight.size() ||
      apart(all[at].seen.oval, straight) < kOff * straight.size()) {
    return std::nullopt;
  }
  return straight;
}

Oval grown(Oval oval, double by) {
  oval.width *= by;
  oval.height *= by;
  return oval;
}

}  // namespace

void Tracker::add(const Frame& frame) {
  times_.push_back(frame.time_ms);
  if (frame.new_scene) begin_scene(frame);
  for (Track& track : active_) {
    ++track.misses, ++track.unsure;
  }
  std::vector<bool> used(frame.seen.size());
  if (frame.looked) match(frame, used);
  follow_unmatched(frame);
  if (frame.looked) begin_tracks(frame, used);
  for (Track& track : active_) {
    if (!track.extended && believed(track)) extend_backwards(track);
  }
  for (std::size_t i = 0; i < active_.size();) {
    const bool over = active_[i].misses > (believed(active_[i]) ? rules_.lost_after : kUnbelievedMisses) ||
                      active_[i].unsure > rules_.unsure_after ||
                      (active_[i].taken_at == frame.index && lost_in_doubt(active_[i]));
    if (!over) {
      ++i;
      continue;
    }
    if (!believed(active_[i])) rejected_.push_back({frame.index, active_[i].sightings.back().seen.oval});
    over_.push_back(std::move(active_[i]));
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Tracker::begin_scene(const Frame& frame) {
  end_active(frame.index);
  if (!frame.resumed_from) {
    scenes_.push_back(frame.index);
    if (scenes_.size() > kScenes) scenes_.pop_front();
    return;
  }
  // What began with that frame was a flash: the tracks that it ended go on.
  const std::int64_t flash = *frame.resumed_from;
  while (!scenes_.empty() && scenes_.back() >= flash) scenes_.pop_back();
  for (std::size_t i = 0; i < over_.size();) {
    Track& track = over_[i];
    if (track.scene_end != flash) {
      ++i;
      continue;
    }
    track.scene_end = INT64_MAX;
    track.misses = static_cast<int>(frame.index - track.sightings.back().frame) - 1;
    active_.push_back(std::move(track));
    over_.erase(over_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Whether the look at the whole picture seems to see the track's face, but not as it is: it leans, and is not upright.
bool Tracker::is_askew(const Track& track, const Seen& seen) {
  if (seen.face.confidence < kFair) return true;
  const Oval& last = track.sightings.back().seen.oval;
  const double ratio = seen.oval.size() / last.size();
  return seen.face.confidence < kStillStrong &&
         (std::abs(last.roll) > kLeans || ratio > kGrownUnsure || ratio < 1 / kGrownUnsure);
}

void Tracker::match(const Frame& frame, std::vector<bool>& used) {
  struct Pair {
    double likeness;
    std::size_t track, seen;
  };
  std::vector<Pair> pairs;
  for (std::size_t t = 0; t < active_.size(); ++t) {
    const Oval guess = expected(active_[t], frame.index);
    for (std::size_t s = 0; s < frame.seen.size(); ++s) {
      if (frame.seen[s].face.confidence < rules_.go_on) continue;
      const double like = likeness(active_[t], guess, frame.seen[s]);
      if (like > 0) pairs.push_back({like, t, s});
    }
  }
  // Sure sightings choose first, so that noise beside a face does not steal its track; then the likest.
  std::stable_sort(pairs.begin(), pairs.end(), [&](const Pair& a, const Pair& b) {
    const bool a_sure = frame.seen[a.seen].face.confidence >= rules_.repeated;
    const bool b_sure = frame.seen[b.seen].face.confidence >= rules_.repeated;
    return a_sure != b_sure ? a_sure : a.likeness > b.likeness;
  });
  for (const Pair& pair : pairs) {
    Track& track = active_[pair.track];
    if (used[pair.seen] || track.sightings.back().frame == frame.index) continue;
    used[pair.seen] = true;
    Seen seen = frame.seen[pair.seen];
    if (is_askew(track, seen)) {  // a face that tips over is seen better where it stands upright
      auto better = follow(track, frame.index, expected(track, frame.index), 0);
      if (better && better->face.confidence > seen.face.confidence) seen = std::move(*better);
    }
    take(track, frame, std::move(seen));
  }
}

// Whether nothing moved where the track was seen in the frame before.
bool Tracker::stays(const Track& track, const Frame& frame) {
  const Sighting& last = track.sightings.back();
  if (last.frame + 1 != frame.index) return false;
  if (frame.still) return true;
  if (frame.moved.empty()) return false;
  const Oval& oval = last.seen.oval;
  const double reach = kReach * oval.size();
  return std::none_of(frame.moved.begin(), frame.moved.end(), [&](const Extent& part) {
    return oval.centre.x + reach > part.left && oval.centre.x - reach < part.right &&
           oval.centre.y + reach > part.top && oval.centre.y - reach < part.bottom;
  });
}

void Tracker::follow_unmatched(const Frame& frame) {
  for (Track& track : active_) {
    if (track.sightings.back().frame == frame.index) continue;
    if (stays(track, frame)) {
      track.misses = 0, --track.unsure;
      track.sightings.push_back({frame.index, frame.time_ms, track.sightings.back().seen});
      continue;
    }
    const Oval guess = expected(track, frame.index);
    if (auto seen = follow(track, frame.index, guess, track.misses)) {
      take(track, frame, std::move(*seen));
    } else if (!track.went) {
      const auto& last = track.sightings.back();
      track.went = pictures_.change(last.frame, frame.index, last.seen.oval) >= kOtherPicture;
    }
  }
}

void Tracker::begin_tracks(const Frame& frame, const std::vector<bool>& used) {
  int searches = 0;
  for (std::size_t i = 0; i < frame.seen.size(); ++i) {  // the surest first
    if (used[i] || claimed(frame.index, frame.seen[i].oval, nullptr)) continue;
    Seen seen = frame.seen[i];
    const double confidence = seen.face.confidence;
    const bool searched = frame.wide && confidence >= kHopeful && confidence < rules_.strong &&
                          searches < rules_.searches && !rejected_lately(frame.index, seen.oval) &&
                          !lies_on_sure_face(frame.index, seen.oval);
    if (searched) {
      ++searches;
      seen = best_turned(frame.index, seen);
      if (claimed(frame.index, seen.oval, nullptr)) continue;
      // The best of many turns is sure by chance, too: another opinion is needed at once.
      if (seen.face.confidence < kFoundTurned || pictures_.opinion(frame.index, seen.oval) < kTurnedOpinion) {
        rejected_.push_back({frame.index, frame.seen[i].oval});
        if (confidence < rules_.accept) continue;
        seen = frame.seen[i];
      }
    }
    if (seen.face.confidence < rules_.repeated || claimed(frame.index, seen.oval, nullptr)) continue;
    // A hand before a mouth looks like a face that lies.
    if (std::abs(seen.oval.roll) > kLies && touches_sure_face(frame.index, seen.oval)) continue;
    Track track;
    track.id = next_id_++;
    track.scene_first = scene_first();
    const std::int64_t before = frame.index - 1;
    track.came = before < scene_first() || before < first_kept_ ||
                 pictures_.change(before, frame.index, seen.oval) >= kOtherPicture;
    active_.push_back(std::move(track));
    take(active_.back(), frame, std::move(seen));
  }
}

// Looks at whole pictures find a face that leans or lies with less confidence than it deserves, and do not tell its
// roll: turned upright it is itself. Coarse steps find the face, its own landmarks tell the roll.
Seen Tracker::best_turned(std::int64_t frame, const Seen& seen) const {
  Seen best = seen;
  if (seen.face.confidence >= rules_.strong) return best;
  Seen coarse;
  coarse.face.confidence = 0;
  const auto try_at = [&](const Oval& where) {
    for (Seen& other : pictures_.look(frame, where, kCloseSearch)) {
      if (nearness(other.oval, seen.oval) < kSameFace) continue;
      if (other.face.confidence >= best.face.confidence + kBetter) best = other;
      if (other.face.confidence > coarse.face.confidence) coarse = std::move(other);
    }
  };
  for (double turn = 0; turn < 360; turn += kTurnStep) {
    Oval where = seen.oval;
    where.roll = turn_within_half(where.roll + turn);
    try_at(where);
  }
  if (coarse.face.confidence >= rules_.go_on && coarse.face.confidence < rules_.strong) {
    Oval where = seen.oval;
    where.roll = coarse.oval.roll;
    try_at(where);
  }
  return best;
}

// Whether `test` holds of a face that is followed and was seen surely in that frame.
template <class Test>
bool Tracker::any_sure_face(std::int64_t frame, Test test) const {
  return std::any_of(active_.begin(), active_.end(), [&](const Track& track) {
    const Sighting* there = sighting_at(track, frame);
    return there != nullptr && there->seen.face.confidence >= rules_.strong && test(there->seen.oval);
  });
}

bool Tracker::touches_sure_face(std::int64_t frame, const Oval& oval) const {
  return any_sure_face(frame, [&](const Oval& face) {
    return std::abs(face.roll) <= kLies && apart(face, oval) < (face.size() + oval.size()) / 2;
  });
}

// A turned look sees a face that is followed upright as half a face beside it.
bool Tracker::lies_on_sure_face(std::int64_t frame, const Oval& oval) const {
  return any_sure_face(frame, [&](const Oval& face) { return apart(face, oval) < face.size() / 2; });
}

bool Tracker::rejected_lately(std::int64_t frame, const Oval& oval) const {
  return std::any_of(rejected_.begin(), rejected_.end(), [&](const Rejected& one) {
    return one.frame + kRemembered > frame && nearness(one.oval, oval) > kSameFace;
  });
}

bool Tracker::claimed(std::int64_t frame, const Oval& oval, const Track* but) const {
  for (const auto* list : {&active_, &over_}) {
    for (const Track& other : *list) {
      if (&other == but) continue;
      const Sighting* there = sighting_at(other, frame);
      if (there != nullptr && nearness(there->seen.oval, oval) > kSameFace) return true;
    }
  }
  return false;
}

std::optional<Seen> Tracker::follow(const Track& track, std::int64_t frame, const Oval& guess, int missed) const {
  static constexpr double kTurns[] = {0, -30, 30, -60, 60, 90, -90, 180};
  if (!(guess.width > 0)) return std::nullopt;
  std::optional<Seen> best;
  double best_worth = 0;
  const auto try_at = [&](double turn, double search) {
    Oval where = guess;
    where.roll = turn_within_half(where.roll + turn);
    for (Seen& seen : pictures_.look(frame, where, search)) {
      if (seen.face.confidence < rules_.go_on) continue;
      const double ratio = seen.oval.size() / guess.size();
      const double grown = seen.face.confidence >= kStillStrong ? kGrown : kGrownUnsure;
      if (ratio < 1 / grown || ratio > grown) continue;
      const double away =
          std::hypot(seen.oval.centre.x - guess.centre.x, seen.oval.centre.y - guess.centre.y) / guess.width;
      if (away > search / 3 || claimed(frame, seen.oval, &track)) continue;
      const double worth = seen.face.confidence / 100 - 0.2 * away;
      if (!best || worth > best_worth) best_worth = worth, best = std::move(seen);
    }
  };
  try_at(0, kUsualSearch);
  if (best && best->face.confidence >= kFair) return best;
  // Further turns are tried when the face was just lost or began to be unsure, and once more later.
  const bool thorough = best ? track.weak % kWeakRow == 1 : missed == 1 || missed == kOnceMore;
  if (!thorough || !believed(track)) return best;
  const std::optional<Seen> upright = best;
  for (const double turn : kTurns) {
    if (turn != 0) try_at(turn, kUsualSearch);
    if (best && best->face.confidence >= kSure) break;
  }
  if (!best && missed == 1) try_at(0, kWideSearch);
  // The best of many turns is fair by chance, too.
  const bool chosen = best && (!upright || best->face.confidence > upright->face.confidence);
  if (chosen && best->face.confidence < kStillStrong && pictures_.opinion(frame, best->oval) < rules_.opinion)
    return upright;
  return best;
}

void Tracker::take(Track& track, const Frame& frame, Seen seen) {
  const double confidence = seen.face.confidence;
  track.misses = 0;
  track.taken_at = frame.index;
  if (confidence >= kFair) track.unsure = 0;
  track.fair += confidence >= rules_.repeated;
  track.peak = std::max(track.peak, confidence);
  if (confidence < kFair && !track.sightings.empty()) {  // a guess of a size must not run away
    const Oval& last = track.sightings.back().seen.oval;
    seen.oval.width = kWeakSize * seen.oval.width + (1 - kWeakSize) * last.width;
    seen.oval.height = kWeakSize * seen.oval.height + (1 - kWeakSize) * last.height;
  }
  track.weak = confidence < kFair ? track.weak + 1 : 0;
  track.sightings.push_back({frame.index, frame.time_ms, std::move(seen)});
  ask_opinion(track);
}

// What lies is rarely a face and often cloth or a hand: it must be surer.
double Tracker::asked_of(const Track& track, double usual) const {
  const bool lies = std::abs(track.sightings.back().seen.oval.roll) > kLies;
  return track.began_lying && lies ? usual + rules_.lying_more : usual;
}

void Tracker::ask_opinion(Track& track) {
  const Sighting& latest = track.sightings.back();
  const double confidence = latest.seen.face.confidence;
  if (track.sightings.size() == 1) track.began_lying = std::abs(latest.seen.oval.roll) > kLies;
  if (confidence >= asked_of(track, rules_.strong)) {
    track.strong = true;
    track.opinions.clear();
    track.asked_at = latest.frame;
  }
  if (track.strong) {  // it was a face once: whether it still is
    if (confidence >= kStillStrong || latest.frame < track.asked_at + kBetweenDoubts) return;
    track.asked_at = latest.frame;
    track.opinions.push_back(pictures_.opinion(latest.frame, latest.seen.oval));
    if (track.opinions.size() > kDoubts) track.opinions.pop_front();
    return;
  }
  const bool enough = track.opinions.size() >= kOpinions;
  const bool worth = confidence >= rules_.repeated && (confidence >= rules_.accept || track.fair >= rules_.repeats);
  if (!worth && !enough) return;
  if (latest.frame < track.asked_at + (enough ? kLaterOpinions : kBetweenOpinions)) return;
  track.asked_at = latest.frame;
  track.opinions.push_back(pictures_.opinion(latest.frame, latest.seen.oval));
  if (track.opinions.size() > kOpinions) track.opinions.pop_front();
  track.convinced |= track.opinions.size() == kOpinions && mean(track.opinions) >= asked_of(track, rules_.opinion);
}

// Whether what is followed is no face any more: by its later second opinions, or after a row of weak sightings, which
// is forgotten then.
bool Tracker::lost_in_doubt(Track& track) {
  const bool doubted = track.strong ? track.opinions.size() >= kDoubts && mean(track.opinions) < kDoubtful
                                    : track.opinions.size() >= kOpinions &&
                                          mean(track.opinions) < asked_of(track, rules_.opinion) - kOpinionFell;
  if (doubted) return true;
  if (track.weak == 0 || track.weak % kWeakRow != 0 || track.sightings.back().seen.face.confidence >= kFair)
    return false;
  const Sighting& latest = track.sightings.back();
  if (pictures_.opinion(latest.frame, latest.seen.oval) >= rules_.go_on) return false;
  while (track.sightings.size() > 1 && track.weak > 0) track.sightings.pop_back(), --track.weak;
  return true;
}

void Tracker::extend_backwards(Track& track) {
  track.extended = true;
  std::vector<Sighting> earlier;
  int misses = 0;
  const std::int64_t first = std::max(track.scene_first, first_kept_);
  for (std::int64_t frame = track.sightings.front().frame - 1; frame >= first && misses < kBackwardMisses; --frame) {
    const Oval guess = expected(track, frame);
    auto seen = follow(track, frame, guess, misses + 1);
    if (!seen) {
      ++misses;
      continue;
    }
    misses = 0;
    track.peak = std::max(track.peak, seen->face.confidence);
    track.fair += seen->face.confidence >= rules_.repeated;
    const auto time = times_[static_cast<std::size_t>(frame - first_kept_)];
    track.sightings.insert(track.sightings.begin(), {frame, time, std::move(*seen)});
  }
}

void Tracker::end_active(std::int64_t scene_end) {
  for (Track& track : active_) {
    track.scene_end = scene_end;
    if (!track.went) track.went = track.sightings.back().frame + 1 == scene_end;
    over_.push_back(std::move(track));
  }
  active_.clear();
  for (Track& track : over_) track.scene_end = std::min(track.scene_end, scene_end);
}

void Tracker::end() {
  ended_ = true;
  for (Track& track : active_) over_.push_back(std::move(track));
  active_.clear();
}

void Tracker::release(std::int64_t frame) {
  while (!rejected_.empty() && rejected_.front().frame + kRemembered < frame) rejected_.pop_front();
  while (first_kept_ < frame && !times_.empty()) {
    times_.pop_front();
    ++first_kept_;
  }
}

std::vector<FaceTrack> Tracker::take_done() {
  std::vector<FaceTrack> done;
  std::erase_if(over_, [&](Track& track) {
    const bool all_released = ended_ && times_.empty();
    if (!all_released && track.sightings.back().frame + rules_.hold >= first_kept_) return false;
    if (believed(track)) done.push_back(std::move(track));
    return true;
  });
  return done;
}

bool Tracker::believed(const Track& track) const {
  if (track.peak < rules_.accept && track.fair < rules_.repeats) return false;
  if (!track.strong && !track.convinced &&
      (track.opinions.empty() || mean(track.opinions) < asked_of(track, rules_.opinion))) {
    return false;
  }
  const bool once = track.sightings.size() == 1;
  return !once || track.peak >= rules_.strong || (track.came && track.went.value_or(true)) || track.misses == 0;
}

std::vector<Placement> Tracker::at(std::int64_t frame) const {
  std::vector<Placement> out;
  for (const auto* list : {&active_, &over_}) {
    for (const Track& track : *list) {
      if (!believed(track)) continue;
      if (auto placement = place(track, frame)) out.push_back(std::move(*placement));
    }
  }
  return out;
}

std::optional<Placement> Tracker::place(const Track& track, std::int64_t frame) const {
  const auto& all = track.sightings;
  const std::int64_t first = all.front().frame, last = all.back().frame;
  if (frame < track.scene_first || frame >= track.scene_end) return std::nullopt;
  // What was seen once only is held for a frame only: in a pan each frame may begin tracks.
  const auto hold = std::min<std::int64_t>(rules_.hold, static_cast<std::int64_t>(all.size()));
  if (frame < first - hold || frame > last + hold) return std::nullopt;
  Placement out;
  out.track = track.id;
  out.peak = track.peak;
  out.doubt = frame <= first + 1 || frame >= last - 1;
  if (frame < first || frame > last) {
    const std::int64_t away = frame < first ? first - frame : frame - last;
    const Oval& edge = frame < first ? all.front().seen.oval : all.back().seen.oval;
    // Between staying and going on as before; large enough for both.
    out.oval = between(edge, expected(track, frame), 0.5);
    const double moved = std::hypot(out.oval.centre.x - edge.centre.x, out.oval.centre.y - edge.centre.y);
    out.oval = grown(out.oval, 1 + 0.03 * static_cast<double>(away) + std::min(0.3, moved / edge.size() / 2));
    out.confidence = frame < first ? all.front().seen.face.confidence : all.back().seen.face.confidence;
    return out;
  }
  const auto next =
      std::lower_bound(all.begin(), all.end(), frame, [](const Sighting& s, std::int64_t f) { return s.frame < f; });
  if (next->frame != frame) {
    const Sighting &a = *(next - 1), &b = *next;
    const auto gap = static_cast<double>(b.frame - a.frame);
    out.oval = between(a.seen.oval, b.seen.oval, static_cast<double>(frame - a.frame) / gap);
    out.oval =
        grown(out.oval, 1 + std::min(0.4, 0.05 * static_cast<double>(std::min(frame - a.frame, b.frame - frame))));
    out.confidence = std::min(a.seen.face.confidence, b.seen.face.confidence);
    out.doubt = out.doubt || gap > 2;
    return out;
  }
  // The place is that of the frame itself; size and turn tremble and are smoothed, never below what was seen.
  out.oval = next->seen.oval;
  if (const auto straight = leapt_from(all, static_cast<std::size_t>(next - all.begin()))) {
    out.oval = grown(*straight, kGrownUnsure);
    out.confidence = next->seen.face.confidence;
    out.doubt = true;
    return out;
  }
  out.seen = next->seen.face;
  out.confidence = next->seen.face.confidence;
  double width = 0, height = 0, turn = 0;
  int count = 0;
  for (auto near = next; near >= all.begin() && frame - near->frame <= kSmoothed; --near) {
    width += near->seen.oval.width, height += near->seen.oval.height, ++count;
    turn += turn_within_half(near->seen.oval.roll - out.oval.roll);
    if (near == all.begin()) break;
  }
  for (auto near = next + 1; near < all.end() && near->frame - frame <= kSmoothed; ++near) {
    width += near->seen.oval.width, height += near->seen.oval.height, ++count;
    turn += turn_within_half(near->seen.oval.roll - out.oval.roll);
  }
  out.oval.width = std::max(out.oval.width * 0.95, width / count);
  out.oval.height = std::max(out.oval.height * 0.95, height / count);
  out.oval.roll = turn_within_half(out.oval.roll + turn / count);
  return out;
}

}  // namespace cumulet::vision
