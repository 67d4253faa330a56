"""JSON of what a handler may return besides Python's plain values, as AWS's encoder (simplejson) writes it: a tuple with names is an
object, bytes are UTF-8 text, numbers of the module decimal keep all their digits.
"""
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


def _refused(value):
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def _key(key):
    if isinstance(key, bytes):
        return key.decode()
    if key is None or isinstance(key, (str, int, float)):
        return key
    raise TypeError("keys must be str, int, float, bool or None, not %s" % type(key).__name__)


def _plain(value, around=()):
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if type(value).__name__ == "Decimal" and type(value).__module__ == "decimal":
        return _Number(value)
    if id(value) in around:
        raise ValueError("Circular reference detected")
    around = (*around, id(value))
    if callable(getattr(value, "_asdict", None)):
        value = value._asdict()
    if isinstance(value, (list, tuple)):
        return [_plain(one, around) for one in value]
    if isinstance(value, dict):
        return {_key(key): _plain(one, around) for key, one in value.items()}
    _refused(value)


def text(value, escapes_unicode):
    quoted = encoder.encode_basestring_ascii if escapes_unicode else encoder.encode_basestring
    value = _plain(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=escapes_unicode)
    iterate = encoder._make_iterencode({}, _refused, quoted, None, _float_text, ": ", ", ", False, False, False)
    return "".join(iterate(value, 0))
