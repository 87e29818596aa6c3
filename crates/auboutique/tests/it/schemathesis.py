"""What schemathesis is told about the JSON API, beside its document.

JSON Schema counts 12.0 as a whole number. The API does not: numbers with a point or an exponent are refused, whatever
their value, because somewhere they have been floats. No schema can say so.
"""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    return whole(body)


def whole(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return value
