"""Say what there is to try: the same list on the start page and in the terminal."""

from demo.city import Words

THINGS_TO_TRY = (
    Words(
        zh="在圖書館以 mei.chen 登入，只同意姓名，看看圖書館收到什麼。",
        en="Log in at the library as mei.chen, share only the name, and see what the library got.",
    ),
    Words(
        zh="在「同意與授權」撤回同意，再到圖書館按「再讀一次資料」。",
        en="Withdraw the consent at My consents; at the library, press “Read my data again”.",
    ),
    Words(
        zh="按「更新權杖」看權杖更換，再從圖書館登出。",
        en="Renew the tokens and watch them change; then sign out from the library.",
    ),
    Words(
        zh="在圖書館的 /kiosk 取代碼，用另一個視窗當手機登入，電腦就打開借閱證。",
        en="Take a code at the library’s /kiosk; another window is the phone that opens the card.",
    ),
    Words(
        zh="在咖啡店出示優惠：店家只知道是或否，不知道原因；看到的代號每次都不同。",
        en="Show the offer at the café: it hears yes or no, never why; its code changes.",
    ),
    Words(
        zh="用 shou.zhou 在「出示條碼」顯示條碼，到咖啡店的 /till 輸入 8 個字，核對號碼。",
        en="As shou.zhou, show a code; type its 8 characters at the café’s /till; compare numbers.",
    ),
    Words(
        zh="用 daming.wang 替 ahma.zheng 撤回同意；她在 /demo/inbox 收信，按「不是我」。",
        en="As daming.wang act for ahma.zheng; in her mail at /demo/inbox press “Not me”.",
    ),
    Words(
        zh="在這一頁把卡片放上讀卡機，用它登入圖書館；拿走它，或把 PIN 打錯。",
        en="Put a card on the demo’s reader, sign in with it; take it away, or mistype its PIN.",
    ),
    Words(
        zh="用 guilai.cai 的晶片卡登入，到 /agency/counters 關一個窗口；/counters 立刻跟著變。",
        en="With guilai.cai’s chip card, close a counter at /agency/counters; /counters follows.",
    ),
    Words(
        zh="再到 /agency/eligibility 查證 ji.wu 查到的，到 /agency/petitions 審理 budi 的陳情。",
        en="Then verify what ji.wu found at /agency/eligibility; hear budi at /agency/petitions.",
    ),
    Words(
        zh="用 ji.wu 的晶片卡登入，到 /clerk 回報讀卡機故障；窗口就只收件。",
        en="With ji.wu’s chip card, report a broken reader at /clerk; only paper is taken then.",
    ),
    Words(
        zh="用 maria.muestra（已中止）或 guan.xu（已關閉）登入，看看會怎樣。",
        en="Try to sign in as maria.muestra (suspended) or guan.xu (closed).",
    ),
    Words(
        zh="用手機大小的視窗、English、鍵盤，或關掉 JavaScript 走一遍。",
        en="Do it again in a phone-sized window, in English, by keyboard, or without JavaScript.",
    ),
)
