# SPDX-License-Identifier: MIT
# The self-test of the shipped model, and numbers that are wrong.
polytome check
polytome check --modality audio --threads 1 | sed -n 1p
expect 2 polytome check --prop-attn off 2>/dev/null
