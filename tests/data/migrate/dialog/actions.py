from nemoguardrails.actions import action


@action(name="check_length")
async def too_long(text: str):
    return len(text) > 500


@action()
async def find_book(title: str):
    return {"title": title, "shelf": 7}
