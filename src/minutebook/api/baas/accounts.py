"""`/accounts/webhook_url`: where an account's webhooks go that have no address of their own."""

from collections.abc import Mapping

from minutebook.api.baas.deps import ApiKey, JsonBody
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.schemas import WebhookUrlRequest
from minutebook.api.baas.wishes import webhook_url_of
from minutebook.api.deps import Read, ServicesOf, Tx

routes = Routes(prefix="/accounts")


@routes.get("/webhook_url")
async def webhook_url(caller: ApiKey, services: ServicesOf, read: Read) -> Mapping[str, str | None]:
    """The address, or null."""
    return {"webhook_url": await services.webhooks.account_url(read, caller.user_id)}


@routes.post("/webhook_url")
async def set_webhook_url(caller: ApiKey, services: ServicesOf, body: JsonBody, tx: Tx) -> Mapping[str, str | None]:
    """Set the address; null or nothing takes it away."""
    url = webhook_url_of(body.read(WebhookUrlRequest).webhook_url, services.webhooks.checked_url)
    await services.webhooks.set_account_url(tx, caller.user_id, url)
    return {"webhook_url": url}
