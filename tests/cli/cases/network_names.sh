# SPDX-License-Identifier: MIT
# Who names an address where a file is read is told of the command that reads the network, which itself says no such
# thing. Results have the failure alone.
for name in http://x/y.mp4 films:// file:///y.mp4; do expect 1 polytome "$name"; done
for name in x:/y.mp4 ://y.mp4; do expect 1 polytome "$name"; done
expect 1 polytome timeline rtsp://h/s
expect 1 polytome explain rtsp://h/s -o out.png
expect 1 polytome stream rtsp://127.0.0.1:9/none
# A host without an address is named, with what the resolver says of it.
expect 1 polytome stream rtsp://admin:secret@nosuchhost.invalid:554/x 2>&1 | sed 's/\(found: \)..*/\1.../'
expect 1 polytome --json http://x/y.mp4 2>/dev/null | grep -o '"message":.*'
expect 1 polytome timeline --json http://x/y.mp4 2>/dev/null | grep -o '"message":.*'
