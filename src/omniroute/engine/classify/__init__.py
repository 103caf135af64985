"""Classification: where a new matter belongs.

Ordered rules of the configuration (``sections`` has their shape, ``conditions`` and ``rules`` what they mean), then the
plugin classifiers, then the default of the channel, which always exists (``classifier``). All of it is pure. It runs at
the edge, because it reads contents; its result travels in the command.
"""

from omniroute.engine.classify.classifier import Classifier, Placement
from omniroute.engine.classify.rules import Rule, compile_rules
from omniroute.engine.classify.sections import ClassifyRule, Known

__all__ = ["Classifier", "ClassifyRule", "Known", "Placement", "Rule", "compile_rules"]
