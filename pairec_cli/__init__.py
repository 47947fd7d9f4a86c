"""PAI-Rec's custom recommendation workflow, whole, on one machine."""

__version__ = "0.1.0"
