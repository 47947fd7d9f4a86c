"""The two expression languages of PAI-Rec's configurations, read without ever running code.

govaluate: `BoostScoreConditions[].Expression`, `WeightExpression`, buckets of DiversityAdjustCountFilter.
expr: the condition operator `expression`, `GenerateItemDataExpr`, `GenerateUserDataExpr`.

A compiled expression is a function of the names it may use. Compiling raises InvalidInput for a text that
cannot be read, evaluating for values that the expression cannot be applied to; neither runs long: length,
nesting and the number of operators are bounded, and regular expressions are refused.
"""

from pairec_cli.domain.expressions.expr import compile_expr
from pairec_cli.domain.expressions.govaluate import compile_govaluate, govaluate_names
from pairec_cli.domain.expressions.tokens import Evaluate

__all__ = ["Evaluate", "compile_expr", "compile_govaluate", "govaluate_names"]
