select max(if(event='click',1,0)) is_click, request_id, user_id, item_id
from ${behavior_table}
where ds between ${bizdate_start} and ${bizdate_end}
group by request_id, user_id, item_id
