#include "vision/pipeline/look_pool.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <stdexcept>

namespace cumulet::vision {
namespace {

constexpr double kCut = 6;  // pixels: a face so near an area's edge is half of one, perhaps

Image part(const Image& from, const Area& area) {
  Image out;
  out.width = area.width, out.height = area.height;
  out.bgr.resize(static_cast<std::size_t>(3) * area.width * area.height);
  for (int row = 0; row < area.height; ++row) {
    std::copy_n(&from.bgr[3 * (static_cast<std::size_t>(area.top + row) * from.width + area.left)], 3 * area.width,
                &out.bgr[static_cast<std::size_t>(3) * row * area.width]);
  }
  return out;
}

// A ratio of the area as one of the picture.
Point in_picture(Point p, const Area& area, const Image& picture) {
  return {(area.left + p.x * area.width) / picture.width, (area.top + p.y * area.height) / picture.height};
}

bool is_cut_off(const Box& box, const Area& area, const Image& picture) {
  return (area.left > 0 && box.left * area.width < kCut) || (area.top > 0 && box.top * area.height < kCut) ||
         (area.right() < picture.width && (1 - box.right()) * area.width < kCut) ||
         (area.bottom() < picture.height && (1 - box.bottom()) * area.height < kCut);
}

std::vector<Seen> near(FaceDetector& detector, const FramePicture& picture, const std::vector<Area>& areas) {
  const Image& small = picture.small();
  if (areas.empty()) return look(detector, small, picture.aspect(), 0);
  std::vector<Seen> all;
  for (const Area& area : areas) {
    const double height = static_cast<double>(area.height) / small.height;
    const double aspect = picture.aspect() * area.width / small.width / height;
    for (Seen& seen : look(detector, part(small, area), aspect, 0)) {
      if (is_cut_off(seen.face.box, area, small)) continue;
      const Point at = in_picture({seen.oval.centre.x / aspect, seen.oval.centre.y}, area, small);
      seen.oval.centre = {at.x * picture.aspect(), at.y};
      seen.oval.width *= height, seen.oval.height *= height;
      const Point corner = in_picture({seen.face.box.left, seen.face.box.top}, area, small);
      seen.face.box = {corner.x, corner.y, seen.face.box.width * area.width / small.width,
                       seen.face.box.height * height};
      if (seen.face.landmarks) {
        for (Point& point : *seen.face.landmarks) point = in_picture(point, area, small);
      }
      all.push_back(std::move(seen));
    }
  }
  return all;
}

}  // namespace

LookPool::LookPool(std::vector<std::unique_ptr<FaceDetector>> detectors, const VideoInfo& info, int far_side)
    : info_(info), far_side_(far_side) {
  for (auto& detector : detectors) {
    const Worker worker = workers_.empty() ? Worker::first : Worker::other;
    workers_.emplace_back([this, worker, owned = std::move(detector)] { work(*owned, worker); });
  }
}

LookPool::~LookPool() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    jobs_.clear();
  }
  work_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void LookPool::submit(const std::shared_ptr<LookedFrame>& frame) {
  std::lock_guard lock(mutex_);
  const Looks& looks = frame->plan.looks;
  const auto add = [&](Kind kind) {
    jobs_.push_back({frame, kind});
    ++frame->open_looks;
  };
  if (looks.near) add(Kind::near);
  if (looks.far && far_side_ > 0) add(Kind::far);
  if (looks.turned) add(Kind::left), add(Kind::right);
  if (looks.upside) add(Kind::upside);
  frame->looked = looks.near;
  work_.notify_all();
}

Result<void> LookPool::wait(LookedFrame& frame) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return frame.open_looks == 0 || !failure_.empty(); });
  if (!failure_.empty()) return detector_failed(failure_);
  return {};
}

std::vector<Seen> LookPool::look_at(FaceDetector& detector, FrameScaler& far, Image& far_picture, const Job& job) {
  const FramePicture& picture = *job.frame->picture;
  switch (job.kind) {
    case Kind::near: return near(detector, picture, job.frame->plan.looks.near_areas);
    case Kind::left: return look(detector, picture.small(), picture.aspect(), 1);
    case Kind::upside: return look(detector, picture.small(), picture.aspect(), 2);
    case Kind::right: return look(detector, picture.small(), picture.aspect(), 3);
    case Kind::far: break;
  }
  if (const auto scaled = far.scale(picture.frame(), far_picture); !scaled.ok()) {
    throw std::runtime_error(scaled.error().message());
  }
  return look(detector, far_picture, picture.aspect(), 0);
}

std::vector<Seen>& LookPool::found_by(const Job& job) {
  LookedFrame& frame = *job.frame;
  switch (job.kind) {
    case Kind::near: return frame.near;
    case Kind::far: return frame.far;
    case Kind::left: return frame.turned[0];
    case Kind::upside: return frame.turned[1];
    case Kind::right: return frame.turned[2];
  }
  return frame.near;
}

void LookPool::work(FaceDetector& detector, Worker worker) {
  const auto mine = [worker](const Job& job) { return worker == Worker::first || job.kind != Kind::far; };
  FrameScaler far(info_, far_side_);
  Image far_picture;
  std::unique_lock lock(mutex_);
  for (;;) {
    auto next = jobs_.end();
    work_.wait(lock, [&] {
      next = std::find_if(jobs_.begin(), jobs_.end(), mine);
      return ended_ || next != jobs_.end();
    });
    if (ended_) return;
    Job job = std::move(*next);
    jobs_.erase(next);
    lock.unlock();
    std::vector<Seen> seen;
    std::string failure;
    try {
      seen = look_at(detector, far, far_picture, job);
    } catch (const std::exception& error) {
      failure = std::string("thrown: ") + error.what();  // never empty
    }
    lock.lock();
    if (!failure.empty()) failure_ = failure;
    found_by(job) = std::move(seen);
    --job.frame->open_looks;
    if (job.frame->open_looks == 0 || !failure.empty()) done_.notify_all();
  }
}

}  // namespace cumulet::vision
