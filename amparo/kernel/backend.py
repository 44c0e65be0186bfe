"""Only people log in on screens, and only while their account lives."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from amparo.kernel.models import User


class PeopleBackend(BaseBackend):
    def authenticate(self, request: Any, **credentials: Any) -> User | None:
        username, password = credentials.get("username"), credentials.get("password")
        if not username or password is None:
            return None
        user = User.objects.filter(username__iexact=username, kind=User.Kind.PERSON).first()
        if user is None:
            User().set_password(password)  # the same time for an unknown name as for a wrong password
            return None
        return user if user.check_password(password) and user.may_act() else None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("organisation").filter(pk=user_id, kind=User.Kind.PERSON).first()
        return user if user is not None and user.may_act() else None
