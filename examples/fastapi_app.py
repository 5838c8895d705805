"""Receive the webhooks of four vendors in a FastAPI application, and keep the meetings that have ended.

    uvicorn examples.fastapi_app:app

The addresses for the vendors are what ``provider.setup("https://your.host/webhooks")`` returns.
"""

import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from pydantic import Field
from pydantic_settings import BaseSettings
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from webhook_kit import Delivery, Dispatcher, Handlers, Record, RedactQuery
from webhook_kit.adapters.fastapi import mount
from webhook_kit.idempotency import SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("uvicorn.access").addFilter(RedactQuery())  # its addresses hold tokens
log = logging.getLogger("example")


class Settings(BaseSettings):
    """Read from the environment. Without a vendor's secret nobody knows it, and nobody can send its events."""

    meeting_baas_secret: str = Field(default_factory=secrets.token_urlsafe)
    tencent_sdk_app_id: int = 1400000000
    tencent_token: str = Field(default_factory=secrets.token_urlsafe)
    vcaas_url_token: str = Field(default_factory=secrets.token_urlsafe)
    database_url: str = "sqlite:///meetings.db"


class Base(DeclarativeBase): ...


class Meeting(Base):
    __tablename__ = "meetings"

    bot_id: Mapped[str] = mapped_column(primary_key=True)
    speakers: Mapped[int]


def open_session(request: Request) -> Iterator[Session]:
    """Commit what a handler wrote when it has returned, before the vendor is answered; else roll it back."""
    engine: Engine = request.app.state.engine
    with Session(engine) as session, session.begin():
        yield session


Database = Annotated[Session, Depends(open_session)]

handlers = Handlers()


@handlers.on(MeetingCompleted)
def archive(event: MeetingCompleted, database: Database, tasks: BackgroundTasks) -> None:
    speakers = event.data.speakers or ()
    database.merge(Meeting(bot_id=event.data.bot_id, speakers=len(speakers)))
    tasks.add_task(log.info, "bot %s has a recording of %d speakers", event.data.bot_id, len(speakers))


@handlers.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
def seen(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    log.info("%s of application %s", event.type, delivery.context["sdk_app_id"])


@handlers.on(UserJoinLeave)
async def attend(event: UserJoinLeave) -> None:
    log.info("%r is %s", event.external_name, event.user_status)


def receiving(settings: Settings) -> Dispatcher:
    """Return a dispatcher of its own for an application with these settings."""
    hooks = Dispatcher(idempotency=SQLStore(settings.database_url))
    hooks.add(MeetingBaaS(secret=settings.meeting_baas_secret))
    hooks.add(TencentChat(sdk_app_id=settings.tencent_sdk_app_id, token=settings.tencent_token))
    hooks.add(TencentRoom(sdk_app_id=settings.tencent_sdk_app_id))
    hooks.add(VCaaS(url_token=settings.vcaas_url_token))
    hooks.include(handlers)
    return hooks


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = app.state.engine = create_engine(app.state.settings.database_url)
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


def create_app(settings: Settings) -> FastAPI:
    """Return an application; its lifespan opens the database, and closes it and the store."""
    app = FastAPI(lifespan=lifespan)
    app.state.settings = settings
    hooks = receiving(settings)
    outcomes: Counter[str] = Counter()

    @hooks.observe
    def count(record: Record) -> None:
        outcomes[f"{record.endpoint} {record.outcome}"] += 1

    mount(app, hooks)

    @app.get("/")
    async def index() -> dict[str, int]:
        """Show what became of the deliveries so far."""
        return dict(outcomes)

    @app.get("/meetings")
    def meetings(database: Database) -> dict[str, int]:
        """Show how many speakers each meeting had."""
        return {meeting.bot_id: meeting.speakers for meeting in database.scalars(select(Meeting))}

    return app


app = create_app(Settings())
