"""What every answer and body of the control API is, and what is common to them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of answers and bodies; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class Problem(View):
    """Why a request was refused."""

    detail: str


class NoticeView(View):
    """A notice that every session received."""

    code: int
    text: str
    time: datetime
