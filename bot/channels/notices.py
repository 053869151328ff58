"""What a channel says by itself, when a message never reaches the conversation or gets no answer.

In Vietnamese with a line of English: at this point nobody knows yet which of the two was written.
"""

from __future__ import annotations

from language.blocks import Text

NOTHING_READABLE = Text(
    "Tôi chưa đọc được nội dung tin nhắn. Ông/Bà vui lòng gõ lại câu hỏi bằng chữ. "
    "(I could not read your message. Please type your question again.)",
    tone="lead",
)
CUT = Text(
    "Tin nhắn hơi dài nên tôi chỉ đọc được 1.000 chữ cái đầu. Nếu còn thiếu ý, Ông/Bà vui lòng "
    "gửi tiếp phần còn lại. (Only the first 1,000 characters were read.)",
    tone="note",
)
NO_ANSWER = Text(
    "Xin lỗi Ông/Bà, hệ thống đang bận nên tôi chưa trả lời được. Ông/Bà vui lòng hỏi lại sau ít "
    "phút. (Sorry, I cannot answer right now. Please try again in a few minutes.)",
    tone="lead",
)
