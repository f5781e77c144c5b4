// What axe does not see (it passed invisible radio buttons and 1.3:1 borders): each probe returns
// a list of sentences, empty if all is well.
(() => {
  const CJK = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u{20000}-\u{3ffff}]/u
  const SPOKEN = ['alt', 'title', 'aria-label', 'aria-description', 'placeholder']
  const SMALLEST_TARGET = 24
  const LEAST_CONTRAST = 3
  const THINNEST_OUTLINE = 2

  const name = (element) => {
    const words = (element.textContent || element.value || '').trim().slice(0, 30)
    return `<${element.localName}${element.id ? ' #' + element.id : ''}> ${words}`
  }
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true })

  const isChinese = (element) => {
    const spoken = element.closest('[lang]')
    return Boolean(spoken) && spoken.lang.startsWith('zh')
  }

  function strayChinese() {
    const found = CJK.test(document.title) ? [`title: ${document.title}`] : []
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const text = texts.currentNode
      const parent = text.parentElement
      if (parent.closest('script, style') || !CJK.test(text.data) || isChinese(parent)) continue
      found.push(`text: ${text.data.trim()}`)
    }
    for (const element of document.querySelectorAll('*')) {
      for (const attribute of SPOKEN) {
        const value = element.getAttribute(attribute) ?? ''
        if (CJK.test(value) && !isChinese(element)) found.push(`${attribute}: ${value}`)
      }
    }
    return found
  }

  // What a program says when it has nothing to say, or a sentence that was never filled in.
  const UNSAID = /^(None|True|False|undefined|null|NaN)$|%\(\w+\)|\{\{|\[object |Undefined/
  function unsaid() {
    const found = []
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode
      if (UNSAID.test(data.trim()) && !parentElement.closest('script, style, code, pre')) {
        found.push(data.trim().slice(0, 80))
      }
    }
    return found
  }

  function overflow() {
    const page = document.scrollingElement
    if (page.scrollWidth <= page.clientWidth) return []
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => isShown(element) && element.getBoundingClientRect().right > page.clientWidth + 1)
    return [`${page.scrollWidth} px wide: ${wide.slice(-3).map(name).join('; ')}`]
  }

  // A link inside a sentence may be as small as its words (WCAG 2.5.8, inline).
  const isInSentence = (element) => getComputedStyle(element).display === 'inline' &&
    element.parentElement.textContent.trim() !== element.textContent.trim()

  function smallTargets() {
    const targets = document.querySelectorAll('a[href], button, input, select, textarea, summary')
    return [...targets].flatMap((element) => {
      if (!isShown(element) || element.type === 'hidden' || isInSentence(element)) return []
      const area = (element.closest('label') ?? element).getBoundingClientRect()
      const isOffscreen = area.right <= 0 || area.bottom <= 0 // the skip link, until focused
      if (isOffscreen || Math.min(area.width, area.height) >= SMALLEST_TARGET) return []
      return [`${Math.round(area.width)} x ${Math.round(area.height)} px: ${name(element)}`]
    })
  }

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  function rgba(colour) {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  function luminance(colour) {
    const [red, green, blue] = rgba(colour).map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05)
  }
  function behind(element) {
    for (let each = element.parentElement; each; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each)
      if (rgba(backgroundColor)[3] === 255) return backgroundColor
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff'
  }

  function faintBorders() {
    const fields = document.querySelectorAll('input, select, textarea, label:has(> input)')
    return [...fields].flatMap((element) => {
      const style = getComputedStyle(element)
      const isDrawn = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== 'none'
      const isNative = ['radio', 'checkbox', 'hidden'].includes(element.type)
      if (!isShown(element) || isNative || (element.localName === 'label' && !isDrawn)) return []
      const ratio = contrast(isDrawn ? style.borderTopColor : style.backgroundColor, behind(element))
      return ratio >= LEAST_CONTRAST ? [] : [`border at ${ratio.toFixed(2)}:1: ${name(element)}`]
    })
  }

  // What readers may set for themselves (WCAG 1.4.12); a policy for style elements does not bind it.
  const spacing = new CSSStyleSheet()
  spacing.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`)
  function spacedOverflow() {
    document.adoptedStyleSheets.push(spacing)
    const found = overflow()
    document.adoptedStyleSheets.pop()
    return found
  }

  // The focused element: which it is, and whether anybody can see that.
  function focused() {
    const element = document.activeElement
    if (!element || element === document.body) return null
    const drawn = [element, element.closest('label')].filter(Boolean).some((each) => {
      const style = getComputedStyle(each)
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= THINNEST_OUTLINE &&
        rgba(style.outlineColor)[3] > 0
    })
    const stops = [...document.querySelectorAll('*')]
    const { width, height } = element.getBoundingClientRect()
    return { place: stops.indexOf(element), name: name(element), drawn, shown: width * height > 1 }
  }

  window.probes = { strayChinese, unsaid, overflow, smallTargets, faintBorders, focused, spacedOverflow }
})()
