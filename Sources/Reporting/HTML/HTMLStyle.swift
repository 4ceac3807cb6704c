/// The style sheet of every page.
///
/// Colours are variables, once for light pages and once for dark screens; paper is always light.
/// It holds neither `<` nor `&`, so that it may stand in XML as it is.
enum HTMLStyle {
    static let sheet = """
        :root{color-scheme:light dark;
        \(lightColors)
        }
        \(HeatRamp.light.css)
        @media screen and (prefers-color-scheme:dark){
        :root{
        \(darkColors)
        }
        \(HeatRamp.dark.css)
        }
        \(page)
        \(tables)
        \(pictures)
        \(ChartStyle.sheet)
        \(narrow)
        \(paper)
        """

    private static let lightColors = """
        --page:#ffffff;--panel:#f5f7f9;--ink:#17202a;--muted:#566270;--rule:#dde3e9;
        --accent:#0068a8;--warn:#a33c00;--shade:#17202a44;
        \(SeriesStyle.variables(SeriesStyle.lightColors))
        """

    private static let darkColors = """
        --page:#10161d;--panel:#18212b;--ink:#e8edf2;--muted:#a2afbd;--rule:#2c3946;
        --accent:#6bbcf5;--warn:#ffab73;--shade:#000000cc;
        \(SeriesStyle.variables(SeriesStyle.darkColors))
        """

    private static let page = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;
        font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,
        sans-serif;font-variant-numeric:tabular-nums lining-nums}
        .page{max-width:92rem;margin:0 auto;padding:0 clamp(1rem,3.5vw,3rem) 4rem}
        .skip{position:absolute;left:-999rem;padding:.5rem 1rem;background:var(--accent);
        color:var(--page)}
        .skip:focus{left:1rem;top:1rem;z-index:9}
        a{color:var(--accent);text-underline-offset:.15em}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
        header{padding:clamp(1.75rem,4vw,3.5rem) 0 1.25rem}
        h1{font-size:clamp(1.7rem,1.2rem + 2vw,2.6rem);line-height:1.15;letter-spacing:-.02em;
        margin:0;text-wrap:balance}
        h2{font-size:1.45rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .5rem}
        h3{font-size:1.08rem;line-height:1.3;margin:2rem 0 .5rem}
        p{margin:.5rem 0}
        .subtitle{color:var(--muted);margin:.6rem 0 0;max-width:60rem}
        .verdict{font-size:clamp(1.1rem,1rem + .6vw,1.35rem);line-height:1.45;max-width:60rem;
        margin:1.5rem 0;padding:.9rem 1.25rem;background:var(--panel);
        border-left:4px solid var(--accent);border-radius:0 .5rem .5rem 0;text-wrap:pretty}
        .warning{max-width:60rem;margin:.75rem 0;padding:.6rem 1rem;background:var(--panel);
        border:1px solid var(--warn);border-left-width:4px;border-radius:0 .5rem .5rem 0}
        .warning strong{color:var(--warn)}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));
        gap:0 .75rem;margin:1.5rem 0 0}
        .facts div{margin-bottom:.75rem;border:1px solid var(--rule);border-radius:.6rem;
        padding:.75rem 1rem;display:grid;grid-row:span 3;grid-template-rows:subgrid;row-gap:0;align-content:start}
        .facts dt{color:var(--muted);font-size:.85rem;line-height:1.3}
        .facts dd{margin:.1rem 0 0;font-size:1.65rem;font-weight:650;line-height:1.25;
        letter-spacing:-.01em}
        .facts dd.note{font-size:.82rem;font-weight:400;letter-spacing:0;line-height:1.35}
        nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 1rem;padding:0}
        nav a{display:block;padding:.25rem .75rem;border:1px solid var(--rule);border-radius:1rem;
        font-size:.9rem;text-decoration:none;color:var(--muted)}
        nav a:hover{color:var(--accent);border-color:var(--accent)}
        main{min-width:0}
        section{margin:0 0 1rem;padding:2rem 0 1rem;border-top:1px solid var(--rule);
        scroll-margin-top:1rem}
        .intro{color:var(--muted);max-width:46rem;margin:0 0 1rem;text-wrap:pretty}
        .note{color:var(--muted);font-size:.85rem;line-height:1.45;max-width:46rem}
        .columns{display:grid;gap:1.5rem 2.5rem;margin:1rem 0;align-items:start;
        grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr))}
        .tiles{display:grid;gap:1rem 1.5rem;align-items:end;
        grid-template-columns:repeat(auto-fill,minmax(min(100%,12.5rem),1fr))}
        .columns>div,.tiles>div{min-width:0}
        .columns>div>:first-child{margin-top:0}
        .columns>div>:last-child{margin-bottom:0}
        .scroll{overflow-x:auto;max-width:100%;
        background:linear-gradient(to left,var(--page) 40%,transparent) right/2.5rem 100% no-repeat
        local,radial-gradient(farthest-side at 100% 50%,var(--shade),transparent) right/.9rem 100%
        no-repeat scroll}
        details{margin:1rem 0}
        summary{cursor:pointer;color:var(--accent)}
        footer{margin-top:2rem;padding:1.5rem 0 0;border-top:1px solid var(--rule);
        color:var(--muted);font-size:.85rem}
        footer h2{font-size:1rem;color:var(--ink)}
        footer dl{display:grid;gap:.35rem 2rem;margin:0;
        grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}
        footer div{display:grid;grid-template-columns:minmax(0,8rem) minmax(0,1fr);gap:.75rem}
        footer dt{font-weight:600}
        footer dd{margin:0}
        @media screen and (min-width:90rem){
        .page{display:grid;grid-template-columns:12.5rem minmax(0,1fr);column-gap:3rem}
        header,footer{grid-column:1/-1}
        nav{position:sticky;top:0;align-self:start;padding:2rem 0;max-height:100vh;overflow-y:auto}
        nav ol{display:block;border-left:2px solid var(--rule)}
        nav a{border:0;border-radius:0;padding:.3rem 1rem;margin-left:-2px;
        border-left:2px solid transparent}
        .page>main:nth-child(2){grid-column:1/-1}
        }
        """

    private static let tables = """
        .table{min-width:0;margin:1.5rem 0}
        table{border-collapse:separate;border-spacing:0;width:100%;font-size:.92rem;line-height:1.4}
        caption{text-align:left;font-weight:650;padding:0 0 .5rem}
        th,td{padding:.42rem .7rem;text-align:left;border-bottom:1px solid var(--rule);
        vertical-align:baseline}
        th:first-child,td:first-child{padding-left:.35rem}
        thead th{border-bottom:2px solid var(--muted);font-size:.82rem;color:var(--muted);
        vertical-align:bottom;font-weight:600;overflow-wrap:normal}
        .number{text-align:right;padding-right:1.15rem}
        td{overflow-wrap:break-word}
        td.number{white-space:nowrap}
        tbody th{font-weight:500;position:sticky;left:0;background:var(--page)}
        tbody th[scope=row] bdi{display:block;width:max-content;max-width:min(20rem,42vw)}
        thead th:first-child{position:sticky;left:0;background:var(--page)}
        tr.group th{color:var(--muted);font-size:.82rem;font-weight:600;padding-top:1.1rem}
        tr.group span{position:sticky;left:.35rem}
        tr.emphasised th,tr.emphasised td{background:var(--panel);font-weight:650}
        tbody tr:hover td,tbody tr:hover th{background:var(--panel)}
        tbody+tbody tr:first-child:not(.group)>*{border-top:1px solid var(--muted)}
        .best{position:relative;font-weight:750}
        .star{position:absolute;left:100%;padding-left:.15em;color:var(--accent);font-size:.8em}
        """

    private static let pictures = """
        figure{margin:1.25rem 0;min-width:0}
        figcaption{font-weight:650;line-height:1.35;margin-bottom:.4rem}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;padding:0;
        margin:.25rem 0 .6rem;font-size:.85rem;color:var(--ink)}
        .legend li{display:flex;align-items:center;gap:.45rem;min-width:0;line-height:1.35}
        .swatch{flex:none}
        .example{padding-top:.25rem}
        .example+.example{border-top:1px solid var(--rule);padding-top:1rem}
        .example>figcaption span{color:var(--muted);font-weight:400;margin-left:.5rem;
        font-size:.9rem}
        .pictures{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));
        max-width:calc(var(--count)*20.6rem)}
        .pictures figure{margin:0}
        .pictures figcaption{font-weight:400;font-size:.82rem;color:var(--muted);margin:0 0 .2rem}
        .pictures img{display:block;width:100%;height:auto;border-radius:.3rem}
        .pictures img.small{image-rendering:pixelated}
        """

    private static let narrow = """
        @media (max-width:40rem){
        .facts{grid-template-columns:repeat(2,minmax(0,1fr))}
        .facts dd{font-size:1.35rem}
        th,td{padding:.4rem .5rem}
        .pictures{grid-template-columns:repeat(2,minmax(0,1fr))}
        .tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:.75rem}
        footer div{grid-template-columns:minmax(0,1fr);gap:0}
        }
        """

    private static let paper = """
        @media print{
        @page{margin:14mm}
        body{font-size:10.5pt;background:#fff}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        .page{max-width:none;padding:0}
        nav,.skip{display:none}
        section{break-before:page;border-top:0;padding-top:0}
        main>section:first-child{break-before:auto}
        h2,h3,caption,figcaption,.intro,thead,tbody tr:first-child{break-after:avoid}
        figure,tr,.facts div,.tiles>div{break-inside:avoid}
        thead{display:table-header-group}
        .scroll{overflow:visible;background:none}
        .scroll>div{min-width:0!important}
        .chart svg.plot{max-height:225mm}
        .facts dd{font-size:13pt}
        table{font-size:8.5pt}
        .number{padding-right:.7rem}
        tbody th,thead th:first-child,tr.group span{position:static}
        .columns{grid-template-columns:1fr 1fr}
        .columns:has(table){grid-template-columns:1fr}
        .tiles{grid-template-columns:repeat(3,1fr)}
        a{color:inherit;text-decoration:none}
        }
        """
}
