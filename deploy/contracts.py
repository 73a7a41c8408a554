"""For `make check`: the import contract "the standard library, and nothing else but what is listed"."""

from __future__ import annotations

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ImportsOnly(Contract):
    """`modules`, packages with all that is in them, import the standard library, themselves and `allowed`."""

    type_name = "imports_only"

    modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        allowed = sys.stdlib_module_names | set(cast("list[str]", self.allowed))
        strangers = [
            f"{importer} imports {imported}"
            for module in cast("list[str]", self.modules)
            for importer in sorted({module, *graph.find_descendants(module)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not _within(imported, module) and not any(_within(imported, one) for one in allowed)
        ]
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stranger in check.metadata["strangers"]:
            output.print_error(stranger)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
