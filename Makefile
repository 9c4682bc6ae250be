# Every task does its own set-up with python3 alone; `python3 run.py --help` says what each does.
.PHONY: help demo test lint docs bench lock
help:
	@python3 run.py --help
demo test lint docs bench lock:
	@python3 run.py $@
