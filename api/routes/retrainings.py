"""The routes of retrainings."""

from fastapi import APIRouter, Response

from api.access.auth import Admin, Reader
from api.routes.body import JsonRoute
from api.routes.dependencies import Number, Page, Retrainings
from api.routes.error_handlers import problem_responses
from api.wire.retrainings import RetrainingAnswer, RetrainingPage, RetrainRequest

router = APIRouter(prefix="/v1/retrainings", tags=["retrainings"], route_class=JsonRoute)
_PROBLEMS = problem_responses(400, 401, 403, 404, 422, 429, 500, 503)
_BODY_PROBLEMS = problem_responses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503)


@router.post("", status_code=202, responses=_BODY_PROBLEMS)
def start_retraining(
    caller: Admin, jobs: Retrainings, response: Response, request: RetrainRequest | None = None
) -> RetrainingAnswer:
    """Start a retraining in a process of its own. It takes minutes, and there is one at a time."""
    job = jobs.queue(promote=(request or RetrainRequest()).promote)
    response.headers["Location"] = f"/v1/retrainings/{job.id}"
    return RetrainingAnswer.of(job)


@router.get("", responses=_PROBLEMS)
def list_retrainings(caller: Reader, jobs: Retrainings, page: Page) -> RetrainingPage:
    """List retrainings, newest first, in pages."""
    return RetrainingPage.of(jobs.page(page.limit + 1, page.cursor), page.limit)


@router.get("/{number}", responses=_PROBLEMS)
def get_retraining(number: Number, caller: Reader, jobs: Retrainings) -> RetrainingAnswer:
    """Return the progress and the result of a retraining."""
    return RetrainingAnswer.of(jobs.get(number))


@router.delete("/{number}", status_code=202, responses=_PROBLEMS)
def cancel_retraining(number: Number, caller: Admin, jobs: Retrainings) -> RetrainingAnswer:
    """Cancel a retraining; one that has ended is left unchanged."""
    return RetrainingAnswer.of(jobs.cancel(number))
