# SPDX-License-Identifier: MIT
polytome version
polytome --version
