#!/bin/sh
# Mutation testing by mutmut, in a copy of the repository under .tools/mutation.
# usage: mutants.sh [MODULE …]   such as "mitigation.report*"; all of them without
set -eu
copy=.tools/mutation
rm -rf "$copy"
mkdir -p "$copy/mutants"
git ls-files -z | xargs -0 cp --parents -t "$copy"
cd "$copy"
# mutmut names a module by its path below src/, as it is imported.
mv functions src
ln -s src functions
ln -s src mutants/functions
cat >>pyproject.toml <<'END'

[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/mitigation/*"]
pytest_add_cli_args_test_selection = ["tests/unit", "tests/golden"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
use_git_change_detection = false
track_dependencies = false
END
# All that tests read beside the code.
others=$(ls -A | grep -vxE 'src|functions|mutants|tests|pyproject.toml' | sed 's/.*/"&"/' | paste -sd, -)
echo "also_copy = [$others]" >>pyproject.toml
python=../mutants/bin
"$python/python" -m mutmut run "$@"
"$python/python" -m mutmut results
