# Two commands on any machine with python3 (3.11+) and make:
#   make demo   install everything, build the sample city and the page, serve it
#   make test   everything CI runs
# uv does the work; when the machine has none it is put into .tools from PyPI.

UV := $(shell command -v uv 2>/dev/null || echo .tools/uv)
export CIM_TEST_DATA ?= $(wildcard $(abspath ../shared/data))

.PHONY: demo test fix clean
demo: $(UV)
	$(UV) run --frozen --quiet cim demo $(ARGS)

test: $(UV)
	$(UV) run --frozen --quiet poe check

fix: $(UV)
	$(UV) run --frozen --quiet poe fix

clean:
	rm -rf .venv .tools .cim viewer/web/node_modules viewer/web/dist

.tools/uv:
	python3 .ci/bootstrap_uv.py
