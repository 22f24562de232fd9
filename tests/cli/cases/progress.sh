# SPDX-License-Identifier: MIT
# None where standard error is no terminal, unless it is asked for.
make_wav a.wav 240
polytome a.wav >/dev/null
polytome -q a.wav >/dev/null
polytome --no-progress a.wav >/dev/null
polytome --progress a.wav 2>&1 >/dev/null | tr '\r' '\n' | grep -o 'a.wav  [0-9.:s ]* of 4:00.00' | sed -n 1p | sed 's/ [0-9.:s ]* of/ N of/'
polytome timeline --progress a.wav -o events.csv 2>&1 | tr '\r' '\n' | grep -o 'a.wav  [0-9.:s ]* of 4:00.00' | sed -n 1p | sed 's/ [0-9.:s ]* of/ N of/'
