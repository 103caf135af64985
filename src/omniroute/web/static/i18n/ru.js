// Русский. «Вы» со строчной, «ё» пишется, действия называются глаголами.
export default {
  title: "Рабочее место оператора, OmniRoute", "title.offer": "Предложение: {name}",
  close: "Закрыть", cancel: "Отмена", back: "Назад", again: "Повторить", edit: "Изменить", open: "Открыть", more: "Ещё", you: "вы", unread: "не прочитано",
  "no.subject": "Без темы", "units.bytes": "Б КБ МБ ГБ",
  "span.min": "{m} мин", "span.hour": "{h} ч {m}", "span.day": "{d} дн",

  find: "Поиск", "find.hint": "Номер, имя, адрес, тема", "find.none": "Ничего не найдено", "find.help": "Ищет по номерам, именам, адресам и темам всех обращений, сначала новые.",
  load: "Нагрузка", "load.title": "Занято {used} из {of}", "load.held": { one: "{n} единица держится за предложением", few: "{n} единицы держатся за предложениями", many: "{n} единиц держатся за предложениями", other: "{n} единицы держатся за предложениями" },
  presence: "Присутствие", "presence.available": "На месте", "presence.away": "Нет на месте", "presence.draining": "Завершаю", "presence.offline": "Не на смене",
  "presence.draining.what": "закончу начатое, новых не давать", "presence.begin": "Я на месте", "away.nothing": "Новых обращений вам не дают.",
  "away.break": "Перерыв", "away.lunch": "Обед", "away.meeting": "Совещание", "away.training": "Обучение", "away.rona": "Нет ответа на предложения", "away.no_answer": "Нет ответа на предложения",
  notices: "Уведомления", "notice.handoff_returned": "Передача вернулась", "notice.offer_expired": "Срок предложения истёк", "notice.offer_revoked": "Предложение отозвано", "notice.delivery_died": "Ответ не доставлен", "notice.clock_breached": "Срок нарушен",
  language: "Язык", theme: "Оформление", "theme.auto": "Как в системе", "theme.light": "Светлое", "theme.dark": "Тёмное", sounds: "Звуки", letters: "Клавиши из одной буквы", "notify.ask": "Разрешить уведомления", quarantine: "Карантин", "sign.out": "Выйти",
  nav: "Разделы", "nav.work": "Работа", "nav.find": "Поиск", "nav.me": "Я",

  list: "Список работы", "list.which": "Какая работа", "tab.mine": "Моё", "tab.queues": "Очереди", "tab.team": "Отдел", register: "Зарегистрировать",
  "group.live": "На линии", "group.visit": "У стойки", "group.wrap": "Оформление", "group.due": "Ближайшие сроки", "group.others": "Ждём других",
  "row.handoff": "Передаём: {name}, ещё не приняли", "row.wrap": "Выберите итог и завершите", "row.ringing": "Звоним", "row.called": "Приглашён к стойке", "row.draft": { one: "Ваш черновик, {n} строка", few: "Ваш черновик, {n} строки", many: "Ваш черновик, {n} строк", other: "Ваш черновик, {n} строки" }, "row.since": "Ждёт с {time}",
  "empty.title": "Сейчас для вас ничего нет", "empty.on": "Вы на месте. Следующее обращение придёт само, со звуком.", "empty.off": "Состояние: «{presence}», поэтому ничего не приходит. Работа начнётся, когда вы отметитесь на месте.", "empty.waits": "{name}: ждут {count}", "empty.look": "Посмотреть очереди",
  "queue.people": { one: "{n} на месте", few: "{n} на месте", many: "{n} на месте", other: "{n} на месте" }, "queue.longest": "дольше всех", "queue.waiting": "ждут {n}", "queue.more": "Показаны первые {shown} из {count}.", "queue.none": "Никто не ждёт", "team.none": "Коллег пока нет",
  "channel.mail": "Почта", "channel.email": "Почта", "channel.chat": "Чат", "channel.webchat": "Чат", "channel.phone": "Телефон", "channel.visit": "Визит",
  "via.mail": "почтой", "via.email": "почтой", "via.chat": "в чат", "via.webchat": "в чат", "via.phone": "по телефону", "via.visit": "у стойки",

  "clock.due": "Ответить до: {time}", "clock.left": "Ответ за {time}", "clock.late": "Опоздание {time}", "clock.met": "Ответ дан за {time}",

  "offer.said": { one: "Предложение: {name}, {channel}. {n} секунда. Alt A принять, Alt X отклонить.", few: "Предложение: {name}, {channel}. {n} секунды. Alt A принять, Alt X отклонить.", many: "Предложение: {name}, {channel}. {n} секунд. Alt A принять, Alt X отклонить.", other: "Предложение: {name}, {channel}. {n} секунды. Alt A принять, Alt X отклонить." }, "offer.title": "Предложение: {name}", "offer.left": { one: "осталась {n} секунда", few: "осталось {n} секунды", many: "осталось {n} секунд", other: "осталось {n} секунды" },
  "offer.waits": "ждёт", "offer.earlier": { one: "раньше был {n} раз", few: "раньше был {n} раза", many: "раньше был {n} раз", other: "раньше был {n} раза" }, "offer.why": "Почему мне?", "offer.decline": "Отклонить", "offer.accept": "Принять", "offer.taking": "Принимаем…", "offer.from": "Передаёт {name}.",
  "offer.expired": "Время вышло. Обращение вернулось на своё место в очереди.", "offer.revoked": "Отозвано. От вас ничего не требуется.",

  talk: "Обращение", thread: "Переписка", "thread.forbidden": "Обращение ведёт другой отдел, или такого номера нет.", "thread.older": "Показать более ранние записи ({n})",
  "talk.none": "Ничего не открыто", "talk.pick": "Выберите обращение в списке или нажмите J.", "talk.wait": "Принятое предложение откроется само.", "talk.earlier": "Вы читаете прежнее обращение.", "talk.read": "Это обращение можно только читать.", "talk.return": "Вернуться к обращению",
  stage: "Этап", "stage.received": "Принято", "stage.in_progress": "В работе", "stage.done": "Готово",
  "kind.question": "Вопрос", "kind.request": "Просьба", "kind.complaint": "Жалоба", "kind.order": "Заказ",
  "ref.copy": "Скопировать номер", "ref.copied": "Номер {ref} скопирован", transfer: "Передать", complete: "Завершить", release: "Вернуть в очередь", "release.done": "Обращение вернулось в очередь, на прежнее место.", why: "Почему?",
  "handoff.pending": "Предложено: {name}, ещё не приняли.", "handoff.yours": "Обращение остаётся вашим, пока там его не примут.", "handoff.left": "Вернётся через {time}.", "handoff.cancel": "Отменить передачу",
  "mail.to": "кому: {address}", "mail.from": "от: {address}", "mail.rich": "С оформлением", "mail.plain": "Только текст", "mail.formatted": "Письмо с оформлением",
  "fold.quoted": { one: "Цитата, {n} строка", few: "Цитата, {n} строки", many: "Цитата, {n} строк", other: "Цитата, {n} строки" }, "fold.signature": "Подпись", "fold.all": "Показать все строки ({n})", "fold.less": "Свернуть",
  "delivery.sending": "отправляется", "delivery.delivered": "доставлено", "delivery.dead": "Не отправлено", "delivery.waits": "ждёт связи", "note.title": "Заметка, только для своих", "note.only": "Только для своих",
  "contact.call.contact_started": "Входящий звонок", "contact.call.contact_connected": "Соединены", "contact.call.contact_not_connected": "Оператор не взял трубку", "contact.call.contact_ended": "Разговор окончен", "contact.call.contact_abandoned": "Не дождался ответа, положил трубку",
  "contact.visit.contact_started": "Пришёл к стойке", "contact.visit.contact_connected": "У стойки", "contact.visit.contact_not_connected": "Оператора не удалось позвать", "contact.visit.contact_ended": "Визит окончен", "contact.visit.contact_abandoned": "Ушёл, не дождавшись вызова",
  "contact.after": "ответили через {time}", "contact.length": "длительность {time}", "contact.going": "продолжается", "contact.unanswered": "без ответа", "contact.missed": "не соединили",

  // Записи системы: движок пишет предложения по-английски; здесь те, где всё сказано видом события и именем.
  "sys.clock.ended.met": "Первый ответ дан вовремя", "sys.clock.ended.breached": "Срок первого ответа нарушен", "sys.clock.ended.cancelled": "Первый ответ больше не нужен", "sys.registered": "Обращение зарегистрировано", "sys.conversation.opened": "Обращение зарегистрировано", "sys.conversation.reopened": "Обращение открыто снова", "sys.conversation.resolved": "Обращение завершено", "sys.resolved": "Обращение завершено",
  "sys.work_item.diverted.voicemail": "Клиенту предложено оставить сообщение", "sys.work_item.diverted.callback": "Клиенту обещан звонок", "sys.work_item.diverted.mail": "Клиенту обещан ответ по почте",
  "sys.work_item.wrap_up_started": "Началось оформление", "sys.work_item.closed": "Работа закончена", "sys.work_item.returned": "Возвращено в очередь: {name}", "sys.handoff.accepted": "Передачу принял оператор: {name}", "sys.handoff.returned": "Передача вернулась", "sys.handoff.cancelled": "Передача отменена", "sys.offer.made": "Предложено: {name}", "sys.offer.accepted": "В работе у оператора: {name}", "sys.offer.declined": "Отклонено: {name}", "sys.offer.expired": "Нет ответа на предложение: {name}",

  comp: "Ответ", "comp.kind": "Вид текста", "comp.tab.reply": "Ответ", "comp.tab.note": "Заметка", "comp.yours": "Ваш ответ", "comp.via": "{channel}", "comp.reply": "Ответьте клиенту", "comp.reply.mail": "Ответ почтой", "comp.reply.chat": "Ответ в чат", "comp.note": "Заметка для коллег, клиент её не увидит",
  "comp.send": "Отправить", "comp.save": "Сохранить", "comp.resolve": "Отправить и завершить", "comp.left": { one: "остался {n} знак", few: "осталось {n} знака", many: "осталось {n} знаков", other: "осталось {n} знака" }, "comp.over": { one: "лишний {n} знак", few: "лишние {n} знака", many: "лишних {n} знаков", other: "лишних {n} знака" },
  "read.offer": "Примите предложение, чтобы ответить.", "read.done": "Обращение завершено.", "read.owner": "Обращением занимается {name}.", "read.queue": "Обращение ждёт оператора в очереди.",

  call: "Звонок", visit: "Визит", "call.on": "на линии", "visit.on": "у стойки", "call.end": "Закончить", "visit.end": "Закончить визит",
  wrap: "Оформление", "wrap.title": "Оформление: {name}", "wrap.what": "Выберите итог и завершите. Иначе обращение закроется само, когда выйдет время.", "wrap.notes": "Заметки", "wrap.hint": "О чём договорились, что дальше", "wrap.follows": "Что дальше", "wrap.finish": "Завершить", "wrap.length": "Продолжалось {time}.",
  "complete.how": "Чем закончилось?", "complete.title": "Завершить", "complete.title.send": "Отправить и завершить", "complete.pick": "Сначала выберите итог.", "complete.resolve.yes": "Этап станет «Готово», обращение закроется.", "complete.note": "Заметка для коллег", "complete.done": "Завершено, вопрос решён.", "complete.unsent": "Ответ не ушёл, поэтому обращение остаётся открытым.",
  "disposition.solved": "Решено", "disposition.resolved": "Решено", "disposition.answered": "Отвечено", "disposition.information": "Дана справка", "disposition.information_given": "Дана справка", "disposition.call_back_agreed": "Договорились о звонке", "disposition.handed_over": "Передано в отдел", "disposition.no_answer": "Клиент не ответил", "disposition.abandoned": "Клиент ушёл", "disposition.ended_unanswered": "Окончено без ответа", "disposition.answered_elsewhere": "Ответили в другом месте", "disposition.hung_up": "Клиент положил трубку", "disposition.spam": "Ошибка номером или спам", "disposition.duplicate": "Повтор", "disposition.other": "Другое",
  "transfer.title": "Передать", "transfer.what": "Обращение остаётся вашим, пока там его не примут.", "transfer.to": "Кому", "transfer.note": "Заметка для коллег", "transfer.hint": "Что известно, о чём просим, к какому сроку", "transfer.pick": "Выберите, кому передать.", "transfer.done": "Предложено: {name}. Обращение остаётся вашим, пока его не примут.",
  "register.title": "Зарегистрировать обращение", "register.what": "Для посетителя, письма или звонка мимо системы. Обращение получит номер и пойдёт в очередь, как и остальные.", "register.name": "Имя", "register.phone": "Телефон", "register.email": "Адрес почты", "register.subject": "Тема", "register.text": "О чём речь", "register.kind": "Вид", "register.department": "Отдел", "register.language": "Язык", "register.auto": "По правилам", "register.done": "Зарегистрировано под номером {ref}.",

  side: "Клиент и обращение", "side.matter": "Это обращение", "side.earlier": "Раньше", "side.first": "Первое обращение: раньше ничего не было.", "side.known": "По состоянию на {time}",
  "fact.kind": "Вид", "fact.opened": "Открыто", "fact.department": "Отдел", "fact.owner": "Оператор", "fact.nobody": "пока никто", "fact.outcome": "Итог", "fact.language": "Язык",
  "identity.email": "почта", "identity.tel": "телефон", "identity.visitor": "посетитель чата", "identity.name": "с его слов",

  "why.none": "Ничего не записано.", "why.empty": "Решений по этому обращению ещё не было.", "why.nobody": "Никто", "why.queue": "Очередь: {queue}, правило: {policy}", "why.details": { one: "Сравнили {n} кандидата", few: "Сравнили {n} кандидатов", many: "Сравнили {n} кандидатов", other: "Сравнили {n} кандидата" }, "why.operator": "Оператор", "why.smaller": "Сравнивают слева направо, выигрывает меньшее число.", "why.excluded": "Не рассматривались",
  "policy.longest_idle": "кто дольше свободен", "policy.least_loaded": "кто меньше загружен", "term.idle_since_ms": "Свободен с", "term.load_permille": "Нагрузка",
  "excluded.department": "из другого отдела", "excluded.skill": "нет навыка {rest}", "excluded.presence": "{rest}", "excluded.wrap_up": "заняты оформлением", "excluded.offers_pending": "уже хватает предложений", "excluded.capacity": "нет свободного места", "excluded.backoff": "недавно отказались или не ответили",
  "outcome.live": "предложено", "outcome.accepted": "принято", "outcome.declined": "отклонено", "outcome.expired": "время вышло", "outcome.revoked": "отозвано",

  keys: "Все клавиши", "keys.off": "Клавиши из одной буквы выключены в вашем меню.",
  "key.next": "дальше, назад", "key.open": "открыть", "key.find": "поиск", "key.reply": "ответ", "key.note": "заметка", "key.send": "отправить", "key.resolve": "отправить и завершить", "key.accept": "принять предложение", "key.decline": "отклонить предложение", "key.transfer": "передать", "key.side": "клиент и обращение", "key.why": "почему?", "key.presence": "присутствие", "key.end": "закончить разговор", "key.outcome": "итог", "key.finish": "завершить", "key.back": "назад", "key.all": "все клавиши",
  "link.up": "На связи", "link.down": "Нет связи с {time}", "link.wait": "Соединяемся…", "draft.saved": "Черновик сохранён в этом браузере {time}", saved: "сохранено здесь {time}",
  "error.offline": "Нет связи. Ничего не изменилось.", "error.conflict": "Кто-то успел раньше.", "error.unknown": "Не получилось.",
  "failed.title": "Рабочее место не открылось", "failed.role": "Этот человек не оператор, рабочего места у него нет.",

  "login.title": "Вход", "login.login": "Логин", "login.password": "Пароль", "login.go": "Войти", "login.wrong": "Логин и пароль не подходят друг к другу.", "login.often": "Слишком много попыток. Подождите минуту и повторите.",
  "demo.title": "Демонстрация", "demo.lead": "{company} — вымышленная компания. Всё ниже работает на этой машине и, пока работает, ничего не забывает.", "demo.people": "Операторы", "demo.people.what": "Войдите от имени любого из них в отдельном профиле браузера или приватном окне. Пароль у всех один: {password}.", "demo.doors": "Двери для клиентов", "demo.smtp": "Почту для компании принимает {smtp} (SMTP).", "demo.desk": "Открыть рабочее место", "demo.name": "Имя", "demo.login": "Логин", "demo.role": "Роль", "demo.departments": "Отделы",
  "role.operator": "Оператор", "role.supervisor": "Старший", "role.admin": "Администратор",
  "quar.title": "Карантин", "quar.lead": "То, что не удалось прочитать. Хранится как пришло и никому не мешает; открывайте с осторожностью.", "quar.none": "Карантин пуст", "quar.time": "Получено", "quar.channel": "Канал", "quar.reason": "Причина", "quar.size": "Размер", "quar.get": "Скачать", "quar.back": "К рабочему месту",
};
