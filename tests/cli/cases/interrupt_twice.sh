# SPDX-License-Identifier: MIT
# A second signal ends a run in the middle of a window, and its file aside goes, too.
for ((i = 0; i < 40; i++)); do echo "$SAMPLES/cut.mp4"; done >names
interrupt_in_window --files-from names
