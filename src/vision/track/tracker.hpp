#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "vision/face/oval.hpp"

namespace cumulet::vision {

// One face in one frame of its track.
struct Sighting {
  std::int64_t frame = 0;
  std::int64_t time_ms = 0;
  Seen seen;
};

// One face over time, in order, at most one sighting a frame.
struct FaceTrack {
  std::int64_t id = 0;
  std::vector<Sighting> sightings;
  double peak = 0;                     // the highest confidence
  std::int64_t scene_first = 0;        // frames of the scene it belongs to; no track leaves its scene
  std::int64_t scene_end = INT64_MAX;  // the first frame of the next scene
};

// Where a cover belongs in a frame.
struct Placement {
  std::int64_t track = 0;
  Oval oval;  // smoothed over time; grown where the face was not seen in the frame itself
  double confidence = 0;
  double peak = 0;                          // the track's highest confidence
  std::optional<Face> seen = std::nullopt;  // as the detector saw it, where it did in this frame
  bool doubt = false;  // near a track's begin, end or a gap: worth a second look once it is covered
};

// What the tracker asks of the pictures. Frames that were added stay there to be asked for until they are released.
class Pictures {
 public:
  virtual ~Pictures() = default;
  // What a small picture around `where`, turned upright by its roll, shows; `search`: its side in face widths.
  virtual std::vector<Seen> look(std::int64_t frame, const Oval& where, double search) = 0;
  // A second opinion of the face at `where`: the mean confidence of several looks, mirrored, turned and scaled
  // otherwise. A face keeps its confidence, a lamp or a pole that was taken for one does not.
  virtual double opinion(std::int64_t frame, const Oval& where) = 0;
  // How much the picture at `where` differs between two frames: mean of the absolute differences, grey levels.
  virtual double change(std::int64_t frame, std::int64_t other, const Oval& where) = 0;
};

// Confidences are the detector's, 0..100; times are counted in frames.
struct TrackRules {
  double accept = 60;    // one sighting as sure as this makes a face of its track
  double repeated = 45;  // or this, in `repeats` sightings
  int repeats = 4;
  double go_on = 30;       // a track goes on with sightings of this at least
  double strong = 80;      // as sure as this needs no second opinion, nor a second frame
  double opinion = 50;     // what the mean of its second opinions must be
  double lying_more = 8;   // so much more of both for what began lying
  int lost_after = 15;     // frames without a sighting after which a track is over
  int unsure_after = 100;  // frames without a fair one (50)
  int hold = 5;            // frames covered before the first and after the last sighting
  int searches = 6;        // weak sightings of a frame that are looked at turned
};

// Follows faces from frame to frame. Tracking is the detector itself: where a look at the whole picture does not show a
// track's face, it is looked for in a small picture at the place where it is expected, turned as it was; a new track is
// followed backwards too, as far as there are frames. What at() says of a frame gets better the more frames are added
// after it.
// A part of a picture; in picture heights, as ovals.
struct Extent {
  double left = 0, top = 0, right = 0, bottom = 0;
};

class Tracker {
 public:
  struct Frame {
    std::int64_t index = 0;  // 0, 1, 2, ...
    std::int64_t time_ms = 0;
    bool new_scene = false;  // a cut lies before it
    // With it the scene goes on that this frame seemed to end: a flash lies between.
    std::optional<std::int64_t> resumed_from;
    bool still = false;              // the picture is the one before
    bool wide = false;               // it was looked at in several sizes or turned
    bool looked = false;             // it was looked at: the whole, or the parts around what moved
    std::vector<Extent> moved = {};  // in the latter case: elsewhere it is the picture before
    std::vector<Seen> seen = {};     // what was found, each face once
  };

  Tracker(const TrackRules& rules, Pictures& pictures) : rules_(rules), pictures_(pictures) {}

  void add(const Frame& frame);
  // Frames before this one are no more to be asked for.
  void release(std::int64_t frame);
  // No frame follows.
  void end();

  // The covers of a frame that was added and is not released yet.
  std::vector<Placement> at(std::int64_t frame) const;
  // Faces followed at the moment.
  int active() const { return static_cast<int>(active_.size()); }
  // Tracks that are over and lie wholly before the released frame, those that are no faces left out.
  std::vector<FaceTrack> take_done();

 private:
  struct Track : FaceTrack {
    int misses = 0;                 // frames since the last sighting
    int unsure = 0;                 // frames since a fair one
    int fair = 0;                   // sightings of `repeated` and more
    bool extended = false;          // followed backwards already
    std::deque<double> opinions;    // the latest second opinions
    std::int64_t taken_at = -1;     // frame of the latest sighting that was looked for
    std::int64_t asked_at = -1000;  // frame
    bool began_lying = false;
    bool strong = false;       // needs no second opinion
    bool convinced = false;    // their mean was enough
    int weak = 0;              // sightings in a row that were not fair
    bool came = false;         // the picture at its first sighting was another one a frame before
    std::optional<bool> went;  // and a frame after; not set: not known yet
  };

  void match(const Frame& frame, std::vector<bool>& used);
  void follow_unmatched(const Frame& frame);
  static bool is_askew(const Track& track, const Seen& seen);
  static bool stays(const Track& track, const Frame& frame);
  void begin_tracks(const Frame& frame, const std::vector<bool>& used);
  // `missed`: frames since it was seen, this one included.
  std::optional<Seen> follow(const Track& track, std::int64_t frame, const Oval& expected, int missed) const;
  void take(Track& track, const Frame& frame, Seen seen);
  double asked_of(const Track& track, double usual) const;
  void ask_opinion(Track& track);
  bool lost_in_doubt(Track& track);
  void extend_backwards(Track& track);
  Seen best_turned(std::int64_t frame, const Seen& seen) const;
  bool rejected_lately(std::int64_t frame, const Oval& oval) const;
  template <class Test>
  bool any_sure_face(std::int64_t frame, Test test) const;
  bool lies_on_sure_face(std::int64_t frame, const Oval& oval) const;
  bool touches_sure_face(std::int64_t frame, const Oval& oval) const;
  bool claimed(std::int64_t frame, const Oval& oval, const Track* but) const;
  bool believed(const Track& track) const;
  std::optional<Placement> place(const Track& track, std::int64_t frame) const;
  void end_active(std::int64_t scene_end);
  void begin_scene(const Frame& frame);
  std::int64_t scene_first() const { return scenes_.empty() ? 0 : scenes_.back(); }

  const TrackRules rules_;
  Pictures& pictures_;
  std::deque<std::int64_t> times_;  // of the frames from first_kept_ on
  std::int64_t first_kept_ = 0, next_id_ = 1;
  std::deque<std::int64_t> scenes_;  // first frames of the latest scenes
  std::vector<Track> active_, over_;
  struct Rejected {
    std::int64_t frame;
    Oval oval;
  };
  std::deque<Rejected> rejected_;  // places whose tracks were not believed
  bool ended_ = false;
};

}  // namespace cumulet::vision
