"""Actions for NeMo Guardrails' actions server, which rails of ours call over HTTP."""

from nemoguardrails.actions import action


@action(name="AddNumbersAction")
async def add_numbers(amount: str, price: int):
    # The server passes on texts only.
    return str(int(amount) + price)
