#include "vision/detect/yunet_network.hpp"

namespace cumulet::vision {

using rows::DoubledSumRows;
using rows::FeatureMap;
using rows::PooledRows;
using rows::SeparableRows;
using rows::StoredRows;

namespace {

int padded(int size) { return (size + 31) / 32 * 32; }

}  // namespace

YuNetCells run_yunet(const YuNetWeights& weights, const rows::PictureView& picture, rows::Workspace& workspace) {
  const auto& backbone = weights.backbone;
  rows::StemRows stem(picture, padded(picture.width), padded(picture.height), weights.stem, workspace);
  SeparableRows half(stem, backbone[0], workspace);
  PooledRows quarter(half, workspace);
  SeparableRows quarter1(quarter, backbone[1], workspace);
  SeparableRows quarter2(quarter1, backbone[2], workspace);
  SeparableRows quarter3(quarter2, backbone[3], workspace);
  SeparableRows quarter4(quarter3, backbone[4], workspace);
  PooledRows eighth(quarter4, workspace);
  SeparableRows eighth1(eighth, backbone[5], workspace);
  SeparableRows eighth2(eighth1, backbone[6], workspace);
  const FeatureMap stride8 = store(eighth2, workspace);

  // Each of the two further halvings is a pool and two layers; its map is needed twice.
  const auto halved = [&](const FeatureMap& map, int layer) {
    StoredRows stored(map);
    PooledRows pooled(stored, workspace);
    SeparableRows first(pooled, backbone[layer], workspace);
    SeparableRows second(first, backbone[layer + 1], workspace);
    return store(second, workspace);
  };
  const FeatureMap stride16 = halved(stride8, 7);
  const FeatureMap stride32 = halved(stride16, 9);

  // From the coarsest up: what it knows is added to the finer one (a feature pyramid).
  StoredRows coarsest(stride32);
  SeparableRows lateral32(coarsest, weights.laterals[2], workspace);
  const FeatureMap pyramid32 = store(lateral32, workspace);
  DoubledSumRows sum16(stride16, pyramid32);
  SeparableRows lateral16(sum16, weights.laterals[1], workspace);
  const FeatureMap pyramid16 = store(lateral16, workspace);
  DoubledSumRows sum8(stride8, pyramid16);
  SeparableRows lateral8(sum8, weights.laterals[0], workspace);

  StoredRows stored16(pyramid16), stored32(pyramid32);
  SeparableRows head8(lateral8, weights.heads[0], workspace);
  SeparableRows head16(stored16, weights.heads[1], workspace);
  SeparableRows head32(stored32, weights.heads[2], workspace);
  return {store(head8, workspace), store(head16, workspace), store(head32, workspace)};
}

}  // namespace cumulet::vision
