"""Writes the first C++ block of a Markdown file: extract_block.py GUIDE.md OUT.cpp"""
import re, sys

text = open(sys.argv[1], encoding="utf-8").read()
open(sys.argv[2], "w", encoding="utf-8").write(re.search(r"```cpp\n(.*?)```", text, re.S).group(1))
