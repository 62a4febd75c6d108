# packages: sqlalchemy
"""Declarative models, relationships, queries, transactions and events on SQLite."""

import os

from sqlalchemy import (Column, ForeignKey, Integer, String, create_engine, event, exc, func,
                        inspect, select)
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload

Base = declarative_base()


class Team(Base):
    __tablename__ = "team"
    id = Column(Integer, primary_key=True)
    name = Column(String(30), unique=True)
    members = relationship("Member", back_populates="team", cascade="all, delete-orphan")


class Member(Base):
    __tablename__ = "member"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    score = Column(Integer, default=1)
    team_id = Column(ForeignKey("team.id"))
    team = relationship("Team", back_populates="members")


engine = create_engine("sqlite:///data.sqlite")
statements = []
event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
Base.metadata.create_all(engine)
print(sorted(inspect(engine).get_table_names()))
with Session(engine) as session:
    session.add_all(Team(name=f"team {t}", members=[Member(name=f"m{t}{n}", score=n) for n in range(4)])
                    for t in range(3))
    session.commit()
    query = (select(Team.name, func.sum(Member.score)).join(Member).where(Member.score > 1)
             .group_by(Team.name).order_by(Team.name))
    print(query, session.execute(query).all(), sep="\n")
    team = session.scalars(select(Team).options(selectinload(Team.members)).limit(1)).one()
    team.members.pop()
    session.flush()
    print(session.query(Member).count(), [member.name for member in team.members])
    session.rollback()
    print(session.query(Member).count())
    session.add(Team(name="team 0"))
    try:
        session.commit()
    except exc.IntegrityError as error:
        print(type(error.orig).__name__, error.orig)
engine.dispose()
print(sum(statement.startswith("INSERT") for statement in statements) > 1)
os.remove("data.sqlite")
