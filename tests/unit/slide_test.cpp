#include "format/slide.h"

#include <catch2/catch.hpp>
#include <vector>

#include "unit/sample.h"

namespace pysnap::tests {
namespace {

using format::ImageView;

constexpr uint64_t kSlide = uint64_t{11} << 21;
constexpr uint64_t kFixed = 0x401000;  // of a program that does not move

elf_writer::Metadata sample() {
  snapshot::Snapshot snapshot = sample_snapshot();
  format::KernelState& kernel = snapshot.agent.kernel;
  kernel.thread_pointer = kCeiling - 3 * kPage;
  kernel.thread_id_address = kCeiling - 3 * kPage + 0x2d0;
  kernel.robust_list_head = kCeiling - 3 * kPage + 0x2e0;
  kernel.rseq_address = kCeiling - 3 * kPage + 0x9a0;
  kernel.alternate_stack[0] = kCeiling - 2 * kPage;
  kernel.alternate_stack[1] = 0;
  kernel.actions[0] = {1, 0, 0, 0};  // SIG_IGN
  kernel.actions[1] = {kCeiling - 49 * kPage, 0x4000000, kCeiling - 49 * kPage + 64, 0};
  kernel.actions[2] = {kFixed, 0x4000000, kFixed + 64, 0};
  snapshot.kernel_page.slot = kCeiling - 45 * kPage;
  return sealed_metadata(snapshot);
}

TEST_CASE("what lies in the arena moves, and nothing else does") {
  elf_writer::Metadata metadata = sample();
  const format::ImageHeader before = metadata.header();
  const std::vector<format::Region> regions(ImageView(metadata.bytes().data()).regions().begin(),
                                            ImageView(metadata.bytes().data()).regions().end());
  format::slide_metadata(metadata.bytes().data(), kSlide);
  const ImageView view(metadata.bytes().data());
  const format::ImageHeader& after = view.header();
  CHECK(after.arena_low == before.arena_low + kSlide);
  CHECK(after.arena_high == before.arena_high + kSlide);
  CHECK(after.resume_entry == before.resume_entry);  // the sample's is in a fixed program
  CHECK(after.resume_stack_pointer == before.resume_stack_pointer + kSlide);
  CHECK(after.stack_top == before.stack_top + kSlide);
  CHECK(after.kernel_page.slot == before.kernel_page.slot + kSlide);
  CHECK(after.relocation_ceiling == before.relocation_ceiling);
  CHECK(view.regions()[0].address == regions[0].address);
  CHECK(view.regions()[3].address == regions[3].address + kSlide);
  CHECK(view.hot_runs()[0].address == kCeiling - 10 * kPage + kSlide);
  for (const format::Segment& segment : view.segments())
    CHECK((segment.address < before.arena_low || segment.address >= after.arena_low));
}

TEST_CASE("what the kernel keeps moves too") {
  elf_writer::Metadata metadata = sample();
  const format::KernelState before = metadata.header().kernel;
  format::slide_metadata(metadata.bytes().data(), kSlide);
  const format::KernelState& after = metadata.header().kernel;
  CHECK(after.thread_pointer == before.thread_pointer + kSlide);
  CHECK(after.thread_id_address == before.thread_id_address + kSlide);
  CHECK(after.robust_list_head == before.robust_list_head + kSlide);
  CHECK(after.rseq_address == before.rseq_address + kSlide);
  CHECK(after.alternate_stack[0] == before.alternate_stack[0] + kSlide);
  CHECK(after.actions[0].handler == 1);
  CHECK(after.actions[1].handler == before.actions[1].handler + kSlide);
  CHECK(after.actions[1].restorer == before.actions[1].restorer + kSlide);
  CHECK(after.actions[1].flags == before.actions[1].flags);
  CHECK(after.actions[2].handler == kFixed);
}

TEST_CASE("a disabled alternate stack has no address") {
  elf_writer::Metadata metadata = sample();
  metadata.header().kernel.alternate_stack[1] = 2;
  const uint64_t before = metadata.header().kernel.alternate_stack[0];
  format::slide_metadata(metadata.bytes().data(), kSlide);
  CHECK(metadata.header().kernel.alternate_stack[0] == before);
}

TEST_CASE("there and back again, metadata are what they were") {
  elf_writer::Metadata metadata = sample();
  const std::vector<std::byte> before = metadata.bytes();
  for (const uint64_t slide : {kSlide, uint64_t{0} - kSlide, uint64_t{1} << 44}) {
    format::slide_metadata(metadata.bytes().data(), slide);
    CHECK(metadata.bytes() != before);
    format::slide_metadata(metadata.bytes().data(), -slide);
    CHECK(metadata.bytes() == before);
  }
}

}  // namespace
}  // namespace pysnap::tests
