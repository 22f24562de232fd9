# SPDX-License-Identifier: MIT
polytome help
polytome --help | cmp - <(polytome help)
for command in classify compare explain pack check info bench serve version help; do
    polytome help $command >help.txt
    polytome $command --help | cmp - help.txt
    polytome $command -h | cmp - help.txt
    grep -q "^Usage: polytome $command" help.txt
    awk 'length > 100' help.txt
done
# The page has a section for each command, with its options.
polytome help --man >polytome.1
grep -q '^\.TH POLYTOME 1' polytome.1
for command in classify compare explain pack check info bench serve version help; do grep -qx "\.SS $command" polytome.1; done
grep -q '^\\fB\\-m\\fR, \\fB\\-\\-model\\fR \\fIMODEL\\fR$' polytome.1
if command -v man >/dev/null; then LC_ALL=C man --warnings=w -l polytome.1 >/dev/null; fi
