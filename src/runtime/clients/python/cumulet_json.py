"""JSON of what a handler may return besides Python's plain values: numbers of the module decimal keep all their digits."""
import json
from json import encoder


class _Number(float):
    """A decimal number, written as it is."""

    def __new__(cls, value):
        number = super().__new__(cls, value)
        number.text = "NaN" if value.is_nan() else str(value)
        return number


def _float_text(number):
    if isinstance(number, _Number):
        return number.text
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return float.__repr__(number)


def _default(value):
    if type(value).__name__ == "Decimal" and type(value).__module__ == "decimal":
        return _Number(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def text(value, escapes_unicode):
    quoted = encoder.encode_basestring_ascii if escapes_unicode else encoder.encode_basestring
    iterate = encoder._make_iterencode({}, _default, quoted, None, _float_text, ": ", ", ", False, False, False)
    return "".join(iterate(value, 0)) if not isinstance(value, str) else json.dumps(value, ensure_ascii=escapes_unicode)
