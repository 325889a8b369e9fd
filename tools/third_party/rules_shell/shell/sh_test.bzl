"""A stand-in for rules_shell on Debian's Bazel 4.2.3, where sh_test is native."""

sh_test = native.sh_test
