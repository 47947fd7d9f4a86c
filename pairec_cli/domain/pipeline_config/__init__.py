"""TorchEasyRec's pipeline.config as typed values: `parse(text)`, `write(config)`.

Field names, types, defaults and structure are those of TorchEasyRec's protos (tzrec/protos/*.proto), so that
a file written here is read there and the other way round.
"""

from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.reading import parse
from pairec_cli.domain.pipeline_config.writing import write

__all__ = ["PipelineConfig", "parse", "write"]
