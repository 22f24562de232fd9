# SPDX-License-Identifier: MIT
mkdir -p tree/empty
echo "only words here" >tree/readme.txt
: >tree/nothing
polytome tree
polytome -q tree
polytome tree/empty
polytome -v tree
