// Puts the captured address space back: every region at its address, then the vDSO in its slot.
#pragma once

#include "bare/process_start.h"
#include "format/image_view.h"
#include "restore/fitness.h"

namespace pysnap::restore {

// kYes: pages with words of the relocation table can be written, until protect_relocated().
enum class Relocating { kNo, kYes };

// 0, or the errno of the first mapping that failed with its address in `failed_address`
// (EEXIST: something else of this process lies there). The process can still exec plain Python:
// nothing that was there before has been touched.
int map_regions(const format::ImageView& image, int image_descriptor, const OpenFiles& files,
                Relocating relocating, uint64_t& failed_address);

// Takes back what a call that failed at `failed_address` had mapped.
void unmap_regions(const format::ImageView& image, uint64_t failed_address);

// Maps a part of a region again, over whatever lies there, with pages that can be written as after
// map_regions() with Relocating::kYes. 0, or an errno.
int map_over(const format::Region& region, uint64_t begin, uint64_t size, int image_descriptor,
             const OpenFiles& files);

// Gives writable memory in which a part of a region was put the region's protection, if it is not
// protect_relocated() that does it.
void protect_as_captured(const format::Region& region, uint64_t begin, uint64_t size);

void protect_relocated(const format::ImageView& image);

// Copies the pages that every launch writes, before they fault one by one. Failure changes nothing.
void copy_hot_pages(const format::ImageView& image);

// Moves the kernel's [vvar]...[vdso] to where the captured C library calls them.
int move_kernel_page(const format::KernelPage& page, const bare::ProcessStart& start);

}  // namespace pysnap::restore
