# For newcomers: `make run` is all it takes. Every target sets up what it needs, once.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
SETUP = @$(if $(PYTHON),$(PYTHON),python3) -m deploy.setup

.DEFAULT_GOAL := help
.PHONY: run test check train bench format lock clean help

run: ## Start Jieli on http://127.0.0.1:8080; sets everything up the first time  启动接力（第一次会自动安装）
	$(SETUP) run

test: ## Run the tests, in a real browser and on PostgreSQL, too; ARGS="-k word" for some  运行测试
	$(SETUP) test $(ARGS)

check: ## Style, types, who may import whom, screens, container files  检查代码
	$(SETUP) check

train: ## Train the model when intents/ or stories/ have changed  训练模型
	$(SETUP) train

bench: ## Measure, into var/bench.json; ONLY=word for a part  性能测量
	$(SETUP) bench $(if $(ONLY),--only $(ONLY))

format: ## Lay out all code as `make check` wants it  整理代码格式
	$(SETUP) format

lock: ## Resolve the Python packages anew; ARGS=--upgrade for newer versions  重新锁定依赖
	$(SETUP) lock $(ARGS)

clean: ## Remove all that was made, but for the data in var/  清理（保留 var/ 里的数据）
	$(SETUP) clean

help: ## Show this  显示本说明
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
