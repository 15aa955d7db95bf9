"""Whether the web process is well; answered to anyone."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.api.container import Container


class HealthAnswer(BaseModel):
    """``now`` is the server's clock, epoch ms."""

    status: str = Field(examples=["ok"])
    now: int = Field(examples=[1_795_312_800_000])


def router(container: Container) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/health", include_in_schema=False)
    @routes.get("/api/v1/health")
    def health() -> HealthAnswer:
        return HealthAnswer(status="ok", now=container.clock.now())

    return routes
