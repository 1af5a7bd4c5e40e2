"""The canonical states of a case and the conclusions it can end in (facts of the trade, not of any one system)."""

from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "SUBMITTED"  # 网上提交
    PRE_ACCEPTED = "PRE_ACCEPTED"  # 预受理
    PRE_RETURNED = "PRE_RETURNED"  # 预受理退回
    RECEIVED = "RECEIVED"  # 收件
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED"  # 补正告知
    ACCEPTED = "ACCEPTED"  # 受理
    ACCEPT_REFUSED = "ACCEPT_REFUSED"  # 不予受理
    NOT_REQUIRED = "NOT_REQUIRED"  # 不受理: the matter needs no licence
    IN_REVIEW = "IN_REVIEW"  # 在办
    SUSPENDED = "SUSPENDED"  # 挂起 (特别程序)
    CONCLUDED = "CONCLUDED"  # 办结
    RETURNED = "RETURNED"  # 退件
    WITHDRAWN = "WITHDRAWN"  # 撤回
    TERMINATED = "TERMINATED"  # 终止
    DELIVERED = "DELIVERED"  # 送达
    EVALUATED = "EVALUATED"  # 评价


class Conclusion(StrEnum):
    """办结结果: how a case ended. Departments reuse these digits with other meanings: map per system."""

    CERTIFICATE = "0"  # 出证办结
    REJECTED = "1"  # 退回办结, also denied; a reason is mandatory
    VOID = "2"  # 作废办结
    DELETED = "3"  # 删除办结: entry error
    FORWARDED = "4"  # 转报办结; a reason is mandatory
    NOT_SUPPLEMENTED = "5"  # 补正不来办结; a reason is mandatory
    OTHER = "6"  # 办结


class Mark(StrEnum):
    """Where a value of a status comes from."""

    OBSERVED = "OBSERVED"  # the department said so
    DERIVED = "DERIVED"  # computed from what was observed
    DEFAULTED = "DEFAULTED"  # a declared default stood in
